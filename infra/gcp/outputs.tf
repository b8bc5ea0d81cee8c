output "function_uris" {
  value = { for k, f in google_cloudfunctions2_function.this : k => f.service_config[0].uri }
}

output "secrets_topic" {
  description = "For `gcloud secrets update ID --add-topics`."
  value       = google_pubsub_topic.secrets.id
}

output "runtime_service_account" {
  value = google_service_account.runtime.email
}
