# Alerts over the lines that the functions write, and over Google's own metrics: docs/alarms.md says what to do about each.
locals {
  written  = "resource.type=\"cloud_run_revision\" resource.labels.service_name=~\"^${lower(local.name)}-\" jsonPayload.Namespace=\"SecretsRotation\""
  services = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = starts_with(\"${lower(local.name)}-\")"

  # Counted, and each of them a reason to tell somebody.
  counted = {
    rotation-failed  = { filter = "jsonPayload.RotationSuccess=0", says = "A rotation failed", next = "Run lockstep status, then lockstep history of the secret: it names the error." }
    rotation-halted  = { filter = "jsonPayload.HaltedSecrets>0", says = "Rotations of a secret are stopped until a person acts", next = "Run lockstep doctor: it says why and what repairs it." }
    rotation-overdue = { filter = "jsonPayload.OverdueSecrets>0", says = "A secret is older than its policy allows", next = "Run lockstep plan: it says what a rotation waits for." }
    follower-behind  = { filter = "jsonPayload.FollowerBehind>0", says = "A follower does not show the current version", next = "Run lockstep status, then lockstep replicate." }
    retirement-held  = { filter = "jsonPayload.HeldByFollowers>0", says = "Required followers hold a rotation, or the end of the old credential", next = "Run lockstep status: it names them." }
  }
}

resource "google_logging_metric" "counted" {
  for_each = var.alarms ? local.counted : {}
  project  = var.project
  name     = "${local.short}-${each.key}"
  filter   = "${local.written} ${each.value.filter}"
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

resource "google_monitoring_alert_policy" "counted" {
  for_each              = google_logging_metric.counted
  project               = var.project
  display_name          = "${local.name}: ${local.counted[each.key].says}"
  combiner              = "OR"
  notification_channels = var.notification_channels
  documentation {
    content = local.counted[each.key].next
  }
  conditions {
    display_name = each.key
    condition_threshold {
      filter          = "metric.type = \"logging.googleapis.com/user/${each.value.name}\" AND resource.type = \"cloud_run_revision\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period     = "900s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
}

# Every sweep that ends writes how many secrets are overdue, none too.
resource "google_logging_metric" "sweeps" {
  count   = var.alarms ? 1 : 0
  project = var.project
  name    = "${local.short}-sweeps"
  filter  = "${local.written} jsonPayload.OverdueSecrets>=0"
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

resource "google_monitoring_alert_policy" "sweep_silent" {
  count                 = var.alarms ? 1 : 0
  project               = var.project
  display_name          = "${local.name}: no sweep has ended for too long"
  combiner              = "OR"
  notification_channels = var.notification_channels
  conditions {
    display_name = "sweep-silent"
    condition_absent {
      filter   = "metric.type = \"logging.googleapis.com/user/${google_logging_metric.sweeps[0].name}\" AND resource.type = \"cloud_run_revision\""
      duration = "${var.sweep_silence}s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
}

resource "google_monitoring_alert_policy" "dead_letters" {
  count                 = var.alarms ? 1 : 0
  project               = var.project
  display_name          = "${local.name}: work was given up"
  combiner              = "OR"
  notification_channels = var.notification_channels
  conditions {
    display_name = "dead-letters"
    condition_threshold {
      filter          = "metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.dead_letters.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }
}

resource "google_monitoring_alert_policy" "near_time_out" {
  for_each              = { for k, f in var.functions : k => f if var.alarms }
  project               = var.project
  display_name          = "${local.name}: ${each.key} took four fifths of its time-out"
  combiner              = "OR"
  notification_channels = var.notification_channels
  conditions {
    display_name = "near-time-out"
    condition_threshold {
      filter          = "metric.type = \"run.googleapis.com/request_latencies\" AND resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"${google_cloudfunctions2_function.this[each.key].name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 800 * each.value.timeout
      duration        = "0s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_PERCENTILE_99"
        cross_series_reducer = "REDUCE_MAX"
      }
    }
  }
}

resource "google_monitoring_alert_policy" "throttled" {
  count                 = var.alarms ? 1 : 0
  project               = var.project
  display_name          = "${local.name}: a function was not started for want of instances"
  combiner              = "OR"
  notification_channels = var.notification_channels
  conditions {
    display_name = "throttled"
    condition_threshold {
      filter          = "metric.type = \"run.googleapis.com/request_count\" AND ${local.services} AND metric.labels.response_code = \"429\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
}
