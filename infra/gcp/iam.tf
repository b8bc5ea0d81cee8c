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

# Without a lockstep.yml: by the beginning of the name.
resource "google_project_iam_custom_role" "secrets" {
  count       = var.grants == null ? 1 : 0
  project     = var.project
  role_id     = replace("${local.short}_secrets", "-", "_")
  title       = "${local.name}: rotates secrets"
  permissions = local.on_secrets
}

resource "google_project_iam_custom_role" "listing" {
  count       = var.grants == null ? 1 : 0
  project     = var.project
  role_id     = replace("${local.short}_listing", "-", "_")
  title       = "${local.name}: lists secrets"
  permissions = local.on_project
}

resource "google_project_iam_member" "secrets" {
  count   = var.grants == null ? 1 : 0
  project = var.project
  role    = google_project_iam_custom_role.secrets[0].name
  member  = google_service_account.runtime.member
  condition {
    title      = "secrets of ${local.name}"
    expression = join(" || ", [for p in local.parents : "resource.name.startsWith(\"${p}/secrets/${var.secret_prefix}\")"])
  }
}

resource "google_project_iam_member" "listing" {
  count   = var.grants == null ? 1 : 0
  project = var.project
  role    = google_project_iam_custom_role.listing[0].name
  member  = google_service_account.runtime.member
}

# With one: role by role, on the names that it gives.
variable "grants" {
  type = object({
    roles    = map(object({ project = string, role = string, permissions = list(string) }))
    bindings = map(object({ role = string, names = list(string) }))
    services = map(object({ role = string, location = string, service = string }))
  })
  default     = null
  description = "What lockstep.yml needs. Absent: secret_prefix decides."
}

locals {
  roles    = var.grants == null ? {} : var.grants.roles
  bindings = var.grants == null ? {} : var.grants.bindings
  services = var.grants == null ? {} : var.grants.services
}

data "google_project" "granted" {
  for_each   = toset([for role in local.roles : role.project])
  project_id = each.value
}

resource "google_project_iam_custom_role" "granted" {
  for_each    = local.roles
  project     = each.value.project
  role_id     = replace("${local.short}_${each.value.role}", "-", "_")
  title       = "${local.name}: ${each.value.role}"
  permissions = each.value.permissions
}

resource "google_project_iam_member" "granted" {
  for_each = local.bindings
  project  = local.roles[each.value.role].project
  role     = google_project_iam_custom_role.granted[each.value.role].name
  member   = google_service_account.runtime.member

  dynamic "condition" {
    for_each = length(each.value.names) == 0 ? [] : [[
      for name in each.value.names :
      "projects/${data.google_project.granted[local.roles[each.value.role].project].number}/${name}"
    ]]
    content {
      title      = "secrets of ${local.name}"
      expression = join(" || ", [for name in condition.value : "resource.name == \"${name}\" || resource.name.startsWith(\"${name}/\")"])
    }
  }
}

resource "google_cloud_run_v2_service_iam_member" "granted" {
  for_each = local.services
  project  = local.roles[each.value.role].project
  location = each.value.location
  name     = each.value.service
  role     = google_project_iam_custom_role.granted[each.value.role].name
  member   = google_service_account.runtime.member
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
