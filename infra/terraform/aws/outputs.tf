output "rotate_function_arn" {
  description = "For aws_secretsmanager_secret_rotation."
  value       = aws_cloudformation_stack.this.outputs["RotateFunctionArn"]
}

output "outputs" {
  description = "All of the stack."
  value       = aws_cloudformation_stack.this.outputs
}
