# The packaged stack (functions, triggers, roles, queues) and a bucket for its zips. What is in the stack stands in the template: here is
# nothing that could say otherwise.
locals {
  files = toset([for f in fileset(var.package, "*") : f if f == "template.json" || endswith(f, ".zip")])
  # another content is another prefix: CloudFormation looks at no content, only at names
  content = sha256(join(",", [for f in sort(local.files) : filesha256("${var.package}/${f}")]))
  prefix  = "${var.name}/${substr(local.content, 0, 16)}/"
}

resource "aws_s3_bucket" "package" {
  bucket_prefix = "${substr(var.name, 0, 30)}-"
}

resource "aws_s3_bucket_public_access_block" "package" {
  bucket                  = aws_s3_bucket.package.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_object" "package" {
  for_each = local.files
  bucket   = aws_s3_bucket_public_access_block.package.bucket
  key      = "${local.prefix}${each.key}"
  source   = "${var.package}/${each.key}"

  # the old zips stay until the stack has the new ones, or it could not go back
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudformation_stack" "this" {
  name         = var.name
  template_url = "https://${aws_s3_bucket.package.bucket_regional_domain_name}/${aws_s3_object.package["template.json"].key}"
  capabilities = ["CAPABILITY_IAM"]
  parameters = merge(var.parameters, {
    ArtifactBucket = aws_s3_bucket.package.id
    ArtifactPrefix = local.prefix
  })

  depends_on = [aws_s3_object.package]
}
