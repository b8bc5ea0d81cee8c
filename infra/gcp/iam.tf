# Who acts: the functions as `runtime`, what starts them as `trigger`, Cloud Build as `builder`.
resource "google_service_account" "runtime" {
  project      = var.project
  account_id   = "${local.short}-r"
  display_name = "${local.name}: functions"
}

resource "google_service_account" "trigger" {
  project      = var.project
  account_id   = "${local.short}-t"
  display_name = "${local.name}: what starts the functions"
}

resource "google_service_account" "builder" {
  project      = var.project
  account_id   = "${local.short}-b"
  display_name = "${local.name}: build of the functions"
}

locals {
  project_resource = "projects/${data.google_project.this.number}"
  parents          = length(var.secret_locations) == 0 ? [local.project_resource] : [for l in var.secret_locations : "${local.project_resource}/locations/${l}"]
  # the calls behind each stand in gcp/README.md
  on_secrets = [
    "secretmanager.secrets.get",
    "secretmanager.secrets.update",
    "secretmanager.versions.access",
    "secretmanager.versions.add",
    "secretmanager.versions.destroy",
    "secretmanager.versions.disable",
    "secretmanager.versions.get",
    "secretmanager.versions.list",
  ]
  # asked of the project, which no condition on the name of a secret can see
  on_project = concat(["secretmanager.secrets.list"], var.creates_secrets ? ["secretmanager.secrets.create"] : [])
}

resource "google_project_iam_custom_role" "secrets" {
  project     = var.project
  role_id     = replace("${local.short}_secrets", "-", "_")
  title       = "${local.name}: rotates secrets"
  permissions = local.on_secrets
}

resource "google_project_iam_custom_role" "listing" {
  project     = var.project
  role_id     = replace("${local.short}_listing", "-", "_")
  title       = "${local.name}: lists secrets"
  permissions = local.on_project
}

resource "google_project_iam_member" "secrets" {
  project = var.project
  role    = google_project_iam_custom_role.secrets.name
  member  = google_service_account.runtime.member
  condition {
    title      = "secrets of ${local.name}"
    expression = join(" || ", [for p in local.parents : "resource.name.startsWith(\"${p}/secrets/${var.secret_prefix}\")"])
  }
}

resource "google_project_iam_member" "listing" {
  project = var.project
  role    = google_project_iam_custom_role.listing.name
  member  = google_service_account.runtime.member
}

resource "google_project_iam_member" "builder" {
  project = var.project
  role    = "roles/cloudbuild.builds.builder"
  member  = google_service_account.builder.member
}

resource "google_project_iam_member" "receiver" {
  project = var.project
  role    = "roles/eventarc.eventReceiver"
  member  = google_service_account.trigger.member
}

resource "google_cloud_run_v2_service_iam_member" "trigger" {
  for_each = google_cloudfunctions2_function.this
  project  = var.project
  location = var.region
  name     = each.value.name
  role     = "roles/run.invoker"
  member   = google_service_account.trigger.member
}

resource "google_pubsub_topic_iam_member" "work" {
  project = var.project
  topic   = google_pubsub_topic.work.id
  role    = "roles/pubsub.publisher"
  member  = google_service_account.runtime.member
}
