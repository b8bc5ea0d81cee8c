variable "service" {
  type        = string
  description = "Before the name of everything."
}

variable "stage" {
  type        = string
  description = "dev, staging, prod: everything of one stage is named after it."
}

variable "project" {
  type        = string
  description = "Where the functions run and the secrets are."
}

variable "region" {
  type        = string
  description = "Of the functions, their jobs and their bucket."
}

variable "runtime" {
  type        = string
  description = "nodejs22 or nodejs24."
}

variable "source_zip" {
  type        = string
  description = "The packaged functions."
}

variable "functions" {
  description = "By the names that they are registered under."
  type = map(object({
    memory    = string
    timeout   = number
    instances = optional(number, 10)
    schedule  = optional(string)
    time_zone = optional(string, "Etc/UTC")
    trigger   = optional(string)
  }))
  validation {
    condition     = alltrue([for f in var.functions : contains(["queue", "secrets"], coalesce(f.trigger, "queue"))])
    error_message = "A trigger is queue or secrets."
  }
}

variable "secret_prefix" {
  type        = string
  description = "Secrets whose ids begin so are granted, and no other."
}

variable "secret_locations" {
  type        = list(string)
  default     = []
  description = "Regions of regional secrets. Empty: global secrets."
}

variable "creates_secrets" {
  type        = bool
  default     = false
  description = "For a store that is read as latest: a secret beside each."
}

variable "vpc_connector" {
  type        = string
  default     = null
  description = "Of Serverless VPC Access, for databases without a public address."
}

variable "environment" {
  type        = string
  default     = ""
  description = "Which of the environments of lockstep.yml."
}

variable "member" {
  type        = string
  default     = ""
  description = "Which member of each secret with followers this deployment acts for; empty for its own store."
}

variable "alarms" {
  type        = bool
  default     = true
  description = "Whether there are alerts and a dashboard."
}

variable "notification_channels" {
  type        = list(string)
  default     = []
  description = "Of Cloud Monitoring, in full, which alerts tell. Empty: they are only shown."
}

variable "sweep_silence" {
  type        = number
  default     = 3600
  description = "Seconds without a sweep that are too long. More than the time between two sweeps."
}
