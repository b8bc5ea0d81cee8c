variable "name" {
  type        = string
  description = "Before the names of the deployments: lockstep-prod."
}

variable "resource_group_name" {
  type        = string
  description = "Where the vault is, and the functions will be."
}

variable "package" {
  type        = string
  description = "The folder that `serverless package` left with AZURE_KEY_VAULT set: dist/azure."
}
