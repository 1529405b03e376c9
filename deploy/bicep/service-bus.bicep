// The namespace, its queues as Config.json of the emulator names them, and who may do what on them.
param location string
param tags object
param namespaceName string
@allowed(['Standard', 'Premium'])
param sku string
@description('Messaging units of Premium.')
param messagingUnits int
@description('Reachable by private endpoint only. Needs Premium.')
param isPrivate bool
@description('Queues the connector receives from.')
param eventQueues array
param connectorPrincipalId string
param scalerPrincipalId string
@description('Group or user that replays dead letters with the command line. Empty for none.')
param operatorPrincipalId string

@description('How long a message is the connector\'s before it is offered again. Renewed while it is worked on; the longest there is makes an outage of the connector the cheapest.')
param lockDuration string = 'PT5M'
@description('The emulator keeps messages for an hour at most; here an outage may last longer.')
param timeToLive string = 'P14D'
@description('For queues that detect duplicates. Outcomes carry the same id each time they are sent.')
param duplicateWindow string = 'PT1H'

// Copies of dead letters are passed over when stale ones among them are taken away, and each pass counts as a delivery.
var copiesQueue = 'hr-dead-letters'
var copiesDeliveries = 2000
// The state of a session there tells a restored ledger from the one that ran last.
var controlQueue = 'rollcall-control'

// One list of queues for the local broker, the emulator and Azure.
var queues = loadJsonContent('../service-bus/Config.json').UserConfig.Namespaces[0].Queues

// Built-in roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/integration
var receiverRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0')
var senderRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39')

// Reads the properties of a queue, its counts among them, and no message.
resource countingRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, namespaceName, 'counts messages')
  properties: {
    roleName: 'Rollcall: counts messages of ${namespaceName}'
    type: 'CustomRole'
    permissions: [
      {
        actions: ['Microsoft.ServiceBus/namespaces/queues/read']
        dataActions: []
      }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: namespaceName
  location: location
  tags: tags
  sku: union({ name: sku, tier: sku }, sku == 'Premium' ? { capacity: messagingUnits } : {})
  properties: {
    // Access keys are disabled: every client needs an identity.
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource queue 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for item in queues: {
    parent: bus
    name: item.Name
    properties: {
      lockDuration: lockDuration
      // The largest of Standard without partitions: room for what arrives while the connector is away.
      maxSizeInMegabytes: 5120
      maxDeliveryCount: item.Name == copiesQueue ? copiesDeliveries : item.Properties.MaxDeliveryCount
      defaultMessageTimeToLive: timeToLive
      deadLetteringOnMessageExpiration: item.Properties.DeadLetteringOnMessageExpiration
      requiresDuplicateDetection: item.Properties.RequiresDuplicateDetection
      duplicateDetectionHistoryTimeWindow: duplicateWindow
      requiresSession: item.Properties.RequiresSession
    }
  }
]

// Receives, looks into dead letters and settles them; takes stale copies away.
resource receives 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (item, index) in queues: if (contains(eventQueues, item.Name) || item.Name == copiesQueue || item.Name == controlQueue) {
    name: guid(queue[index].id, connectorPrincipalId, receiverRole)
    scope: queue[index]
    properties: {
      principalId: connectorPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: receiverRole
    }
  }
]

// Outcomes and copies of dead letters go out. What runs makes no events of its own: it may not send to their queues.
resource sends 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (item, index) in queues: if (!contains(eventQueues, item.Name)) {
    name: guid(queue[index].id, connectorPrincipalId, senderRole)
    scope: queue[index]
    properties: {
      principalId: connectorPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: senderRole
    }
  }
]

// A replay sends a copy to the queue the original came from, and takes the original away.
resource replays 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (item, index) in queues: if (!empty(operatorPrincipalId) && contains(eventQueues, item.Name)) {
    name: guid(queue[index].id, operatorPrincipalId, senderRole)
    scope: queue[index]
    properties: {
      principalId: operatorPrincipalId
      roleDefinitionId: senderRole
    }
  }
]
resource looksIntoDeadLetters 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (item, index) in queues: if (!empty(operatorPrincipalId) && (contains(eventQueues, item.Name) || item.Name == copiesQueue)) {
    name: guid(queue[index].id, operatorPrincipalId, receiverRole)
    scope: queue[index]
    properties: {
      principalId: operatorPrincipalId
      roleDefinitionId: receiverRole
    }
  }
]

// KEDA counts through the management API. It may read no message and change no queue.
resource counts 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (item, index) in queues: if (contains(eventQueues, item.Name)) {
    name: guid(queue[index].id, scalerPrincipalId, countingRole.id)
    scope: queue[index]
    properties: {
      principalId: scalerPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: countingRole.id
    }
  }
]

output id string = bus.id
output namespaceName string = bus.name
output host string = '${bus.name}.servicebus.windows.net'
