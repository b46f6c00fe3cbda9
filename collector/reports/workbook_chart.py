"""The charts of the workbook, native, so that they print and follow their tables."""

from collections.abc import Sequence
from typing import Final, Literal

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.marker import Marker
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.colors import ColorChoice
from openpyxl.drawing.fill import PatternFillProperties
from openpyxl.worksheet.worksheet import Worksheet

from collector.model import StageFigures
from collector.reports.figures import Bucket
from collector.reports.patching import LATENCIES, figure_words
from collector.reports.trend_chart import Chart
from collector.reports.workbook_style import BLUE, GREY, INK, LINE, ORANGE

CHART_ROWS: Final = 16
_WIDTH_CM: Final = 30
_HEIGHT_CM: Final = 7
# Colour, dash and mark of p50, p90, the longest, and the window: a line is never known by its colour alone.
_LINES: Final[tuple[tuple[str, str, Literal["diamond", "square", "triangle", "none"]], ...]] = (
    (BLUE, "solid", "diamond"),
    (GREY, "dash", "square"),
    (ORANGE, "sysDot", "triangle"),
    (INK, "sysDash", "none"),
)


def add_chart(sheet: Worksheet, *, first_row: int, buckets: Sequence[Bucket], anchor: str) -> str:
    """Draw the table of buckets (label, within, outside; headers above `first_row`) as stacked bars; gives alt text."""
    last = first_row + len(buckets) - 1
    chart = BarChart(gapWidth=60, overlap=100)
    chart.type, chart.grouping = "col", "stacked"
    chart.title = "Applications by days since they were last staged"
    chart.add_data(Reference(sheet, min_col=2, max_col=3, min_row=first_row - 1, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=first_row, max_row=last))
    within, outside = chart.series
    within.graphicalProperties, outside.graphicalProperties = _plain(BLUE), _hatched()
    # No outlines: an empty bar would show as a line.
    within.graphicalProperties.line.noFill = outside.graphicalProperties.line.noFill = True
    _dress(chart, "Applications")
    sheet.add_chart(chart, anchor)
    return _alt_text(buckets)


def add_stage_chart(sheet: Worksheet, *, first_row: int, stages: Sequence[StageFigures], anchor: str) -> str:
    """Draw the table of stages (label, then p50, p90 and longest in days) as bars beside each other; gives alt text."""
    last = first_row + len(stages) - 1
    chart = BarChart(gapWidth=80, overlap=-10)
    chart.type, chart.grouping = "col", "clustered"
    chart.title = "OS patches: days from one stage to the next"
    chart.add_data(Reference(sheet, min_col=2, max_col=4, min_row=first_row - 1, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=first_row, max_row=last))
    for series, look in zip(chart.series, (_plain(BLUE), _plain(GREY), _hatched()), strict=True):
        series.graphicalProperties = look
        series.graphicalProperties.line.noFill = True
    _dress(chart, "Days", lowest=min((figure.p50 or 0.0 for figure in stages), default=0.0))
    chart.y_axis.number_format = "#,##0.0"
    sheet.add_chart(chart, anchor)
    told = "; ".join(f"{LATENCIES.get(stage.name, stage.name).lower()}: {figure_words(stage)}" for stage in stages)
    return f"Bars: days from one stage to the next, {told}. The table above the chart has the numbers."


def add_trend_chart(sheet: Worksheet, *, first_row: int, trend: Chart, anchor: str) -> str:
    """Draw twelve rows (month, then p50, p90, longest and the window in days) as lines; gives alt text.

    A month without figures breaks the lines.
    """
    last = first_row + len(trend.slots) - 1
    chart = LineChart()
    chart.title = f"{trend.title}: days, by month"
    columns = 5 if trend.limit else 4
    chart.add_data(
        Reference(sheet, min_col=2, max_col=columns, min_row=first_row - 1, max_row=last), titles_from_data=True
    )
    chart.set_categories(Reference(sheet, min_col=1, min_row=first_row, max_row=last))
    for series, (colour, dash, mark) in zip(chart.series, _LINES, strict=False):
        series.smooth = False
        series.graphicalProperties.line.solidFill = colour
        series.graphicalProperties.line.prstDash = dash
        series.graphicalProperties.line.width = 19050
        series.marker = Marker(symbol=mark, size=8)
        series.marker.graphicalProperties = _plain(colour)
        series.marker.graphicalProperties.line.solidFill = colour
    # Never joined over a month of which nothing is known.
    chart.display_blanks = "gap"
    lowest = min((row.p50 for row in trend.figures if row.p50 is not None), default=0.0)
    _dress(chart, "Days", lowest=lowest)
    chart.y_axis.number_format = "#,##0.0"
    sheet.add_chart(chart, anchor)
    return f"Lines: {trend.description} The table above the chart has the numbers."


def _dress(chart: BarChart | LineChart, counted: str, *, lowest: float = 0.0) -> None:
    """Axes that are drawn, from zero unless something is negative, and a legend below."""
    chart.x_axis.delete = chart.y_axis.delete = False
    if lowest >= 0:
        chart.y_axis.scaling.min = 0
    chart.y_axis.number_format = "#,##0"
    chart.y_axis.title = counted
    lines = GraphicalProperties()
    lines.line.solidFill = LINE
    chart.y_axis.majorGridlines = ChartLines(spPr=lines)
    chart.x_axis.graphicalProperties = GraphicalProperties()
    chart.x_axis.graphicalProperties.line.solidFill = GREY
    if chart.legend is not None:
        chart.legend.position = "b"
    chart.width, chart.height = _WIDTH_CM, _HEIGHT_CM


def _plain(colour: str) -> GraphicalProperties:
    return GraphicalProperties(solidFill=colour)


def _hatched() -> GraphicalProperties:
    look = GraphicalProperties()
    hatch = PatternFillProperties(prst="dkUpDiag")
    hatch.fgClr, hatch.bgClr = _colour(ORANGE), _colour("FFFFFF")
    look.pattFill = hatch
    return look


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
