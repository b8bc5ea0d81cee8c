# The packaged templates, in their order: what outlives the functions, the app, its code, the events. What is in them stands in the
# templates and their parameters: here is nothing that could say otherwise.
locals {
  parameters = {
    for t in ["state", "app", "events"] : t => jsonencode(jsondecode(file("${var.package}/${t}.parameters.json")).parameters)
  }
  zip = "${var.package}/function.zip"
}

# The journal says which rotation is where; the provider would delete it together with this deployment.
resource "azurerm_resource_group_template_deployment" "state" {
  name                = "${var.name}-state"
  resource_group_name = var.resource_group_name
  deployment_mode     = "Incremental"
  template_content    = file("${var.package}/state.json")
  parameters_content  = local.parameters["state"]

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_resource_group_template_deployment" "app" {
  name                = "${var.name}-app"
  resource_group_name = var.resource_group_name
  deployment_mode     = "Incremental"
  template_content    = file("${var.package}/app.json")
  parameters_content  = local.parameters["app"]

  depends_on = [azurerm_resource_group_template_deployment.state]
}

# The provider has no resource for the code of an app that it did not make itself. `az` must be signed in.
resource "terraform_data" "code" {
  triggers_replace = [filesha256(local.zip), azurerm_resource_group_template_deployment.app.output_content]

  # values in variables, for the line is one of a shell
  provisioner "local-exec" {
    command = "az functionapp deployment source config-zip --resource-group \"$GROUP\" --name \"$APP\" --src \"$ZIP\""
    environment = {
      GROUP = var.resource_group_name
      APP   = jsondecode(local.parameters["app"]).appName.value
      ZIP   = local.zip
    }
  }
}

# A subscription to a function that is not there yet is refused.
resource "azurerm_resource_group_template_deployment" "events" {
  name                = "${var.name}-events"
  resource_group_name = var.resource_group_name
  deployment_mode     = "Incremental"
  template_content    = file("${var.package}/events.json")
  parameters_content  = local.parameters["events"]

  depends_on = [terraform_data.code]
}
