output "journal_url" {
  description = "For `journal` in azure/lockstep.yml."
  value       = jsondecode(azurerm_resource_group_template_deployment.state.output_content).journalUrl.value
}

output "principal_id" {
  description = "The identity that the functions act as."
  value       = jsondecode(azurerm_resource_group_template_deployment.app.output_content).principalId.value
}
