resource "google_cloud_scheduler_job" "this" {
  for_each         = { for k, f in var.functions : k => f if f.schedule != null }
  project          = var.project
  region           = var.region
  name             = "${local.name}-${each.key}"
  schedule         = each.value.schedule
  time_zone        = each.value.time_zone
  attempt_deadline = "${each.value.timeout + 20}s"

  http_target {
    http_method = "POST"
    uri         = google_cloudfunctions2_function.this[each.key].service_config[0].uri
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode("{}")
    oidc_token {
      service_account_email = google_service_account.trigger.email
      audience              = google_cloudfunctions2_function.this[each.key].service_config[0].uri
    }
  }

  # none is the default
  retry_config {
    retry_count          = 3
    min_backoff_duration = "30s"
    max_backoff_duration = "300s"
  }
}

# Secret Manager tells this topic of what happens to the secrets that name it.
resource "google_pubsub_topic" "secrets" {
  project = var.project
  name    = "${local.name}-${var.region}-secrets"
}

resource "google_pubsub_topic" "work" {
  project = var.project
  name    = "${local.name}-${var.region}-work"
}

resource "google_pubsub_topic" "dead_letters" {
  project = var.project
  name    = "${local.name}-${var.region}-dead-letters"
}

# A topic keeps nothing: what was given up waits here, to be looked at.
resource "google_pubsub_subscription" "dead_letters" {
  project                    = var.project
  name                       = "${local.name}-${var.region}-dead-letters"
  topic                      = google_pubsub_topic.dead_letters.id
  message_retention_duration = "1209600s"
  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "work" {
  for_each                   = local.queued
  project                    = var.project
  name                       = "${local.name}-${var.region}-${each.key}"
  topic                      = google_pubsub_topic.work.id
  ack_deadline_seconds       = 600
  message_retention_duration = "86400s"
  expiration_policy {
    ttl = ""
  }

  push_config {
    push_endpoint = google_cloudfunctions2_function.this[each.key].service_config[0].uri
    oidc_token {
      service_account_email = google_service_account.trigger.email
      audience              = google_cloudfunctions2_function.this[each.key].service_config[0].uri
    }
  }

  retry_policy {
    minimum_backoff = "30s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = 5
  }
}
