variable "name" {
  type        = string
  description = "Of the stack: lockstep-prod."
}

variable "package" {
  type        = string
  description = "The folder that `serverless package` left: dist/aws."
}

variable "parameters" {
  type        = map(string)
  default     = {}
  description = "Of the stack, those of docs/deploy-aws.md: SecretPattern, SubnetIds. Lists by commas."
  validation {
    condition     = length(setintersection(keys(var.parameters), ["ArtifactBucket", "ArtifactPrefix"])) == 0
    error_message = "The module gives ArtifactBucket and ArtifactPrefix itself."
  }
}
