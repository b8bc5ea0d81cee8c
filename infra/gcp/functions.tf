locals {
  name = "${var.service}-${var.stage}"
  # the same stage may run in several regions of a project; a service account's name has thirty characters
  short  = "${substr(local.name, 0, 20)}-${substr(sha256("${var.stage}/${var.region}"), 0, 6)}"
  queued = { for k, f in var.functions : k => f if f.trigger == "queue" }
}

data "google_project" "this" {
  project_id = var.project
}

resource "google_storage_bucket" "source" {
  project                     = var.project
  name                        = "${substr(var.project, 0, 30)}-${local.short}"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
}

resource "google_storage_bucket_object" "source" {
  bucket = google_storage_bucket.source.name
  # another content is another object, or the functions would not be built anew
  name   = "functions-${filesha256(var.source_zip)}.zip"
  source = var.source_zip
}

resource "google_cloudfunctions2_function" "this" {
  for_each = var.functions
  project  = var.project
  location = var.region
  name     = lower("${local.name}-${each.key}")

  build_config {
    runtime         = var.runtime
    entry_point     = each.key
    service_account = google_service_account.builder.name
    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.source.name
      }
    }
  }

  service_config {
    available_memory                 = each.value.memory
    timeout_seconds                  = each.value.timeout
    max_instance_count               = each.value.instances
    max_instance_request_concurrency = 1
    ingress_settings                 = "ALLOW_INTERNAL_ONLY"
    service_account_email            = google_service_account.runtime.email
    vpc_connector                    = var.vpc_connector
    vpc_connector_egress_settings    = var.vpc_connector == null ? null : "PRIVATE_RANGES_ONLY"
    environment_variables = {
      GOOGLE_CLOUD_PROJECT = var.project
      LOCKSTEP_ENVIRONMENT = var.environment
      LOCKSTEP_MEMBER      = var.member
      LOCKSTEP_QUEUE       = google_pubsub_topic.work.id
    }
  }

  dynamic "event_trigger" {
    for_each = each.value.trigger == "secrets" ? [1] : []
    content {
      event_type            = "google.cloud.pubsub.topic.v1.messagePublished"
      pubsub_topic          = google_pubsub_topic.secrets.id
      retry_policy          = "RETRY_POLICY_RETRY"
      service_account_email = google_service_account.trigger.email
      trigger_region        = var.region
    }
  }

  depends_on = [google_project_iam_member.builder]
}
