// Secrets of the configuration: tokens of HR systems, addresses of webhooks. The connector may read them and nothing else.
param location string
param tags object
param vaultName string
param connectorPrincipalId string
@description('Group or user that may write secrets. Empty for none.')
param operatorPrincipalId string
@description('Reachable by private endpoint only.')
param isPrivate bool

// Built-in roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security
var readsSecrets = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')
var writesSecrets = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7')

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: vaultName
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, connectorPrincipalId, readsSecrets)
  scope: vault
  properties: {
    principalId: connectorPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: readsSecrets
  }
}

resource writes 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorPrincipalId)) {
  name: guid(vault.id, operatorPrincipalId, writesSecrets)
  scope: vault
  properties: {
    principalId: operatorPrincipalId
    roleDefinitionId: writesSecrets
  }
}

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
