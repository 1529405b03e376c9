// Registry, environment and the connector as a container app without ingress, because it only makes outgoing connections.
param location string
param tags object
param name string
param registryName string
param subnetId string
@description('Empty while there is none: then the app waits with a placeholder that is never started.')
param image string
param identityName string
param scalerName string
param serviceBusNamespace string
param serviceBusHost string
param eventQueues array
param ledger string
param provisioningEndpoint string
param callsPerDay int
param minReplicas int
param maxReplicas int
param workspaceName string
param insightsName string

@description('The collector beside each instance, which sends telemetry to Application Insights.')
param collectorImage string = 'otel/opentelemetry-collector-contrib:0.131.0'

@description('More messages than this for one instance start another.')
param messagesPerReplica int = 2000

var port = 9464
var waiting = empty(image)
var pullRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource scaler 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: scalerName
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: registryName
  location: location
  tags: tags
  sku: {
    name: 'Basic'
  }
  properties: {
    adminUserEnabled: false
  }
}

resource pulls 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, identity.id, pullRole)
  scope: registry
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: pullRole
  }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource apps 'Microsoft.App/managedEnvironments@2025-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    vnetConfiguration: {
      infrastructureSubnetId: subnetId
      internal: true
    }
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: {
        customerId: logs.properties.customerId
        sharedKey: logs.listKeys().primarySharedKey
      }
    }
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
  }
}

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'connector' })
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
      '${scaler.id}': {}
    }
  }
  properties: {
    environmentId: apps.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      registries: [
        {
          server: registry.properties.loginServer
          identity: identity.id
        }
      ]
      // The container gets tokens of its own identity and not of the scaler's.
      identitySettings: [
        {
          identity: scaler.id
          lifecycle: 'None'
        }
      ]
    }
    template: {
      // Longer than the 30 s an orderly end may take.
      terminationGracePeriodSeconds: 45
      containers: [
        {
          name: 'connector'
          image: waiting ? 'mcr.microsoft.com/k8se/quickstart:latest' : image
          resources: {
            cpu: json('1')
            memory: '2Gi'
          }
          env: [
            { name: 'AUTH_MODE', value: 'managed-identity' }
            { name: 'AZURE_CLIENT_ID', value: identity.properties.clientId }
            { name: 'SERVICEBUS_FQDN', value: serviceBusHost }
            { name: 'SERVICEBUS_QUEUE', value: eventQueues[0] }
            { name: 'OUTCOMES_QUEUE', value: 'hr-outcomes' }
            { name: 'DEAD_LETTER_QUEUE', value: 'hr-dead-letters' }
            { name: 'DEAD_LETTER_QUEUE_DELIVERIES', value: '1500' }
            { name: 'LEDGER', value: ledger }
            { name: 'LEDGER_AUTH', value: 'entra' }
            { name: 'PROVISIONING_ENDPOINT', value: provisioningEndpoint }
            { name: 'CALLS_PER_DAY', value: string(callsPerDay) }
            { name: 'HTTP_ADDRESS', value: '0.0.0.0:${port}' }
            { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://localhost:4318' }
          ]
          probes: waiting
            ? []
            : [
                {
                  type: 'Startup'
                  httpGet: { path: '/livez', port: port }
                  // Ten failures are the most that Container Apps takes.
                  periodSeconds: 15
                  failureThreshold: 10
                }
                {
                  type: 'Liveness'
                  httpGet: { path: '/livez', port: port }
                  periodSeconds: 10
                  timeoutSeconds: 5
                  failureThreshold: 6
                }
                {
                  type: 'Readiness'
                  httpGet: { path: '/readyz', port: port }
                  periodSeconds: 10
                  timeoutSeconds: 5
                  failureThreshold: 3
                }
              ]
        }
        {
          name: 'collector'
          image: collectorImage
          args: ['--config=env:COLLECTOR']
          resources: {
            cpu: json('0.25')
            memory: '0.5Gi'
          }
          env: [
            {
              name: 'COLLECTOR'
              value: loadTextContent('../azure-monitor/collector.yaml')
            }
            {
              name: 'APPLICATIONINSIGHTS_CONNECTION_STRING'
              value: insights.properties.ConnectionString
            }
          ]
        }
      ]
      scale: {
        minReplicas: waiting ? 0 : minReplicas
        maxReplicas: maxReplicas
        rules: [
          for queue in eventQueues: {
            name: queue
            custom: {
              type: 'azure-servicebus'
              metadata: {
                queueName: queue
                namespace: serviceBusNamespace
                messageCount: string(messagesPerReplica)
              }
              identity: scaler.id
            }
          }
        ]
      }
    }
  }
  dependsOn: [pulls]
}

output registryHost string = registry.properties.loginServer
