# What the alerts look at, over time.
resource "google_monitoring_dashboard" "this" {
  count   = var.alarms ? 1 : 0
  project = var.project
  dashboard_json = jsonencode({
    displayName = local.name
    gridLayout = {
      columns = "2"
      widgets = concat(
        [for k, m in google_logging_metric.counted : {
          title = local.counted[k].says
          xyChart = { dataSets = [{ plotType = "STACKED_BAR", timeSeriesQuery = { timeSeriesFilter = {
            filter      = "metric.type = \"logging.googleapis.com/user/${m.name}\" AND resource.type = \"cloud_run_revision\""
            aggregation = { alignmentPeriod = "900s", perSeriesAligner = "ALIGN_DELTA", crossSeriesReducer = "REDUCE_SUM" }
          } } }] }
        }],
        [{
          title = "Longest runs (ms)"
          xyChart = { dataSets = [{ plotType = "LINE", timeSeriesQuery = { timeSeriesFilter = {
            filter      = "metric.type = \"run.googleapis.com/request_latencies\" AND ${local.services}"
            aggregation = { alignmentPeriod = "900s", perSeriesAligner = "ALIGN_PERCENTILE_99", crossSeriesReducer = "REDUCE_MAX", groupByFields = ["resource.label.service_name"] }
          } } }] }
        }]
      )
    }
  })
}
