// Everything the connector needs in one resource group: namespace and queues, database, registry, identities, roles, and the connector.
//
//   az deployment group create --resource-group rollcall --template-file deploy/bicep/main.bicep --parameters provisioningEndpoint=https://…
//
// The first time without `image`: that makes the registry to push it to. See docs/guides/deploy.md.
targetScope = 'resourceGroup'

@description('Where everything is.')
param location string = resourceGroup().location

@description('What names begin with.')
@minLength(3)
@maxLength(12)
param name string = 'rollcall'

@description('The bulkUpload URL of the portal.')
param provisioningEndpoint string

@description('Name of the user (its user principal name) or group that administers the database. The connector gets a role there with no more rights than it needs.')
param databaseAdministratorName string

@description('Object id of the same.')
param databaseAdministratorObjectId string

@description('What it is.')
@allowed(['User', 'Group'])
param databaseAdministratorType string = 'Group'

@description('Object id of the group or user that replays dead letters with the command line; may send to the queues of events, which the connector may not.')
param operatorPrincipalId string = ''

@description('Image of the connector. Empty while there is none.')
param image string = ''

@description('Queues that HR events arrive on. Each must be in Config.json. More than one needs a rollcall.yaml in the image that assigns them to sources.')
param eventQueues array = ['hr-events']

@description('Calls in any 24 hours: 2000 with Entra ID P1 or P2, 6000 with Governance.')
@allowed([2000, 6000])
param callsPerDay int = 2000

@description('Standard or Premium.')
@allowed(['Standard', 'Premium'])
param serviceBusSku string = 'Standard'

@description('Minimum number of instances. One is enough for the work; with two, the work continues when one fails.')
@minValue(1)
param minReplicas int = 2

@description('Maximum number of instances.')
@minValue(1)
param maxReplicas int = 4

@description('Mail addresses that are told of alerts.')
param alertEmails array = []

var tags = { application: name }
// Names of namespaces, registries and servers are unique in all of Azure.
var unique = toLower('${name}-${uniqueString(resourceGroup().id)}')

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-connector'
  location: location
  tags: tags
}

// Counts messages, and can do nothing else. The connector itself never gets this identity's tokens.
resource scaler 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-scaler'
  location: location
  tags: tags
}

module serviceBus 'service-bus.bicep' = {
  name: 'service-bus'
  params: {
    location: location
    tags: tags
    namespaceName: unique
    sku: serviceBusSku
    eventQueues: eventQueues
    connectorPrincipalId: identity.properties.principalId
    scalerPrincipalId: scaler.properties.principalId
    operatorPrincipalId: operatorPrincipalId
  }
}

module network 'network.bicep' = {
  name: 'network'
  params: {
    location: location
    tags: tags
    name: name
  }
}

module postgres 'postgres.bicep' = {
  name: 'postgres'
  params: {
    location: location
    tags: tags
    serverName: unique
    subnetId: network.outputs.databaseSubnetId
    dnsZoneId: network.outputs.dnsZoneId
    administratorName: databaseAdministratorName
    administratorPrincipalId: databaseAdministratorObjectId
    administratorType: databaseAdministratorType
  }
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  params: {
    location: location
    tags: tags
    name: name
    alertEmails: alertEmails
  }
}

module connector 'container-app.bicep' = {
  name: 'connector'
  params: {
    location: location
    tags: tags
    name: name
    registryName: replace(unique, '-', '')
    subnetId: network.outputs.appsSubnetId
    image: image
    identityName: identity.name
    scalerName: scaler.name
    serviceBusNamespace: serviceBus.outputs.namespaceName
    serviceBusHost: serviceBus.outputs.host
    eventQueues: eventQueues
    ledger: 'postgres://${identity.name}@${postgres.outputs.host}:5432/${postgres.outputs.database}'
    provisioningEndpoint: provisioningEndpoint
    callsPerDay: callsPerDay
    minReplicas: minReplicas
    maxReplicas: maxReplicas
    workspaceName: monitoring.outputs.workspaceName
    insightsName: monitoring.outputs.insightsName
  }
}

@description('Who gets the Graph roles: deploy/scripts/grant-graph-roles.sh takes it.')
output IDENTITY_OBJECT_ID string = identity.properties.principalId
@description('Host name of the namespace.')
output SERVICEBUS_FQDN string = serviceBus.outputs.host
@description('Where the image is pushed to; azd looks for it under this name.')
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = connector.outputs.registryHost
