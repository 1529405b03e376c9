// Everything the connector needs in one resource group: namespace and queues, database, registry, identities, roles, and the connector.
//
//   az deployment group create --resource-group rollcall --parameters deploy/bicep/contoso.bicepparam
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

@description('Zone of plain dates in events, such as Europe/Berlin.')
param sourceZone string = 'UTC'

@description('Whether a termination date is the last day worked or the first day out.')
@allowed(['inclusive', 'exclusive'])
param lastDay string = 'exclusive'

@description('The brake holds more deactivations than this in 24 hours until an operator releases them.')
@minValue(1)
param brakeAbsolute int = 500

@description('The brake also holds more than this share of all active employees, in percent.')
@minValue(1)
@maxValue(100)
param brakePercent int = 5

@description('Further variables of docs/reference/configuration.md, as texts. They win over those that the template decides.')
param settings object = {}

@description('Variables whose values are secrets of the vault: variable → name of the secret. The secret has to be there.')
param vaultSecrets object = {}

@description('Text of rollcall.yaml: sources, shapes, mapping, notifications. In a file of parameters: loadTextContent().')
param configuration string = ''

@description('The command that the job rollcall-task runs, such as [\'status\', \'--strict\'].')
param taskArgs array = ['check']

@description('CPU cores and memory of each instance; on Consumption, memory is twice the cores.')
param cpu string = '1'
param memory string = '2Gi'

@description('Address of an OTLP receiver. Empty: telemetry goes to Application Insights.')
param otlpEndpoint string = ''

@description('Standard or Premium. Private endpoints need Premium, which is then used.')
@allowed(['Standard', 'Premium'])
param serviceBusSku string = 'Standard'

@description('Messaging units of Premium.')
@allowed([1, 2, 4, 8, 16])
param messagingUnits int = 1

@description('Service Bus and the vault get no public address, only one in the network. What sends events needs a way into it.')
param privateEndpoints bool = false

@description('Addresses of the network, at least a /20. Choose others where it is peered.')
param addressPrefix string = '10.40.0.0/16'

@description('Burstable is for a try.')
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param databaseTier string = 'GeneralPurpose'
param databaseSku string = 'Standard_D2ds_v5'
param databaseStorageGB int = 64

@description('A second database server in another zone that takes over. Not with Burstable.')
param databaseHighAvailability bool = true

@description('How far back the database can be restored.')
@minValue(7)
@maxValue(35)
param backupRetentionDays int = 14

@description('Minimum number of instances. One is enough for the work; with two, the work continues when one fails.')
@minValue(1)
param minReplicas int = 2

@description('Maximum number of instances.')
@minValue(1)
param maxReplicas int = 4

@description('Mail addresses that are told of alerts.')
param alertEmails array = []

var tags = { application: name }
// Names of namespaces, registries, vaults and servers are unique in all of Azure.
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
    sku: privateEndpoints ? 'Premium' : serviceBusSku
    messagingUnits: messagingUnits
    isPrivate: privateEndpoints
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
    addressPrefix: addressPrefix
  }
}

module vault 'vault.bicep' = {
  name: 'vault'
  params: {
    location: location
    tags: tags
    vaultName: take(replace(unique, '-', ''), 24)
    connectorPrincipalId: identity.properties.principalId
    operatorPrincipalId: operatorPrincipalId
    isPrivate: privateEndpoints
  }
}

module endpoints 'private-endpoints.bicep' = if (privateEndpoints) {
  name: 'private-endpoints'
  params: {
    location: location
    tags: tags
    networkId: network.outputs.networkId
    subnetId: network.outputs.endpointsSubnetId
    services: [
      {
        name: '${name}-bus'
        id: serviceBus.outputs.id
        group: 'namespace'
        zone: 'privatelink.servicebus.windows.net'
      }
      {
        name: '${name}-vault'
        id: vault.outputs.id
        group: 'vault'
        zone: 'privatelink.vaultcore.azure.net'
      }
    ]
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
    tier: databaseTier
    skuName: databaseSku
    storageGB: databaseStorageGB
    isHighlyAvailable: databaseHighAvailability
    backupRetentionDays: backupRetentionDays
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
    eventQueues: eventQueues
    variables: {
      SERVICEBUS_FQDN: serviceBus.outputs.host
      SERVICEBUS_QUEUE: eventQueues[0]
      OUTCOMES_QUEUE: 'hr-outcomes'
      DEAD_LETTER_QUEUE: 'hr-dead-letters'
      DEAD_LETTER_QUEUE_DELIVERIES: '1500'
      CONTROL_QUEUE: 'rollcall-control'
      LEDGER: 'postgres://${identity.name}@${postgres.outputs.host}:5432/${postgres.outputs.database}'
      LEDGER_AUTH: 'entra'
      LOG_LEVEL: 'info'
      PROVISIONING_ENDPOINT: provisioningEndpoint
      CALLS_PER_DAY: string(callsPerDay)
      SOURCE_ZONE: sourceZone
      SOURCE_LAST_DAY: lastDay
      BRAKE_ABSOLUTE: string(brakeAbsolute)
      BRAKE_PERCENT: string(brakePercent)
    }
    settings: settings
    // Without an image nothing starts yet, and the vault may have just been made.
    vaultSecrets: empty(image) ? {} : vaultSecrets
    vaultUri: vault.outputs.uri
    configuration: configuration
    taskArgs: taskArgs
    cpu: cpu
    memory: memory
    otlpEndpoint: otlpEndpoint
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
@description('Name of the vault: az keyvault secret set --vault-name …')
output VAULT string = vault.outputs.name
