# What Google's own agents do on behalf of a service, and may not before they are told.
locals {
  secret_manager = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-secretmanager.iam.gserviceaccount.com"
  pubsub         = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

# Without it a notification is lost, and nobody but a log is told.
resource "google_pubsub_topic_iam_member" "secret_manager" {
  project = var.project
  topic   = google_pubsub_topic.secrets.id
  role    = "roles/pubsub.publisher"
  member  = local.secret_manager
}

resource "google_pubsub_topic_iam_member" "dead_letters" {
  project = var.project
  topic   = google_pubsub_topic.dead_letters.id
  role    = "roles/pubsub.publisher"
  member  = local.pubsub
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  for_each     = google_pubsub_subscription.work
  project      = var.project
  subscription = each.value.name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub
}

resource "google_service_account_iam_member" "push" {
  service_account_id = google_service_account.trigger.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.pubsub
}
