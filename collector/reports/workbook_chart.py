"""The one chart of the workbook, native, so that it prints and follows its table."""

from collections.abc import Sequence
from typing import Final

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.colors import ColorChoice
from openpyxl.drawing.fill import PatternFillProperties
from openpyxl.worksheet.worksheet import Worksheet

from collector.reports.figures import Bucket
from collector.reports.workbook_style import BLUE, GREY, LINE, ORANGE

CHART_ROWS: Final = 16
_WIDTH_CM: Final = 25
_HEIGHT_CM: Final = 7


def add_chart(sheet: Worksheet, *, first_row: int, buckets: Sequence[Bucket], anchor: str) -> str:
    """Draw the table of buckets (label, within, outside; headers above `first_row`) as stacked bars; gives alt text."""
    last = first_row + len(buckets) - 1
    chart = BarChart(gapWidth=60, overlap=100)
    chart.type, chart.grouping = "col", "stacked"
    chart.title = "Applications by days since they were last staged"
    chart.add_data(Reference(sheet, min_col=2, max_col=3, min_row=first_row - 1, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=first_row, max_row=last))
    within, outside = chart.series
    within.graphicalProperties = GraphicalProperties(solidFill=BLUE)
    outside.graphicalProperties = GraphicalProperties()
    hatch = PatternFillProperties(prst="dkUpDiag")
    hatch.fgClr, hatch.bgClr = _colour(ORANGE), _colour("FFFFFF")
    outside.graphicalProperties.pattFill = hatch
    # No outlines: an empty bar would show as a line.
    within.graphicalProperties.line.noFill = outside.graphicalProperties.line.noFill = True
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.scaling.min = 0
    chart.y_axis.number_format = "#,##0"
    chart.y_axis.title = "Applications"
    lines = GraphicalProperties()
    lines.line.solidFill = LINE
    chart.y_axis.majorGridlines = ChartLines(spPr=lines)
    chart.x_axis.graphicalProperties = GraphicalProperties()
    chart.x_axis.graphicalProperties.line.solidFill = GREY
    if chart.legend is not None:
        chart.legend.position = "b"
    chart.width, chart.height = _WIDTH_CM, _HEIGHT_CM
    sheet.add_chart(chart, anchor)
    return _alt_text(buckets)


def _colour(rgb: str) -> ColorChoice:
    colour = ColorChoice()
    colour.srgbClr = rgb
    return colour


def _alt_text(buckets: Sequence[Bucket]) -> str:
    within, outside = sum(each.within for each in buckets), sum(each.outside for each in buckets)
    worst = next((each.label for each in reversed(buckets) if each.outside), "")
    oldest = f"; the longest ago: {worst}" if worst else ""
    return (
        f"Stacked bars: applications by days since they were last staged, {within} within the window in blue, "
        f"{outside} outside in hatched orange{oldest}. The table above the chart has the numbers."
    )
