// Registry, environment, and the connector as a container app without ingress, because it only makes outgoing connections. Beside it a
// job that runs one command of the connector with the same settings.
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
param eventQueues array
@description('Variables that the template decides.')
param variables object
@description('Variables that you decide besides; they win.')
param settings object
@description('Variable → name of the secret in the vault that has its value.')
param vaultSecrets object
param vaultUri string
@description('Text of rollcall.yaml. Empty for none.')
param configuration string
@description('The command of the job.')
param taskArgs array
param cpu string
param memory string
@description('Where telemetry goes. Empty: to Application Insights, through a collector beside each instance.')
param otlpEndpoint string
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
var placeholder = 'mcr.microsoft.com/k8se/quickstart:latest'
var collector = [
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

module told 'settings.bicep' = {
  name: 'settings'
  params: {
    variables: union(variables, {
      AUTH_MODE: 'managed-identity'
      AZURE_CLIENT_ID: identity.properties.clientId
      HTTP_ADDRESS: '0.0.0.0:${port}'
      OTEL_EXPORTER_OTLP_ENDPOINT: empty(otlpEndpoint) ? 'http://localhost:4318' : otlpEndpoint
    })
    settings: settings
    vaultSecrets: vaultSecrets
    vaultUri: vaultUri
    identityId: identity.id
    configuration: configuration
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
      secrets: told.outputs.secrets
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
      volumes: told.outputs.volumes
      containers: concat([
        {
          name: 'connector'
          image: waiting ? placeholder : image
          resources: {
            cpu: json(cpu)
            memory: memory
          }
          env: told.outputs.env
          volumeMounts: told.outputs.volumeMounts
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
      ], empty(otlpEndpoint) ? collector : [])
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

// Runs one command and ends: `az containerapp job start --resource-group … --name rollcall-task`.
resource task 'Microsoft.App/jobs@2025-07-01' = {
  name: '${name}-task'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    environmentId: apps.id
    workloadProfileName: 'Consumption'
    configuration: {
      triggerType: 'Manual'
      manualTriggerConfig: {
        parallelism: 1
        replicaCompletionCount: 1
      }
      // An hour, and no second try: what a command did is in its log.
      replicaTimeout: 3600
      replicaRetryLimit: 0
      secrets: told.outputs.secrets
      registries: [
        {
          server: registry.properties.loginServer
          identity: identity.id
        }
      ]
    }
    template: {
      volumes: told.outputs.volumes
      containers: [
        {
          name: 'connector'
          image: waiting ? placeholder : image
          args: taskArgs
          resources: {
            cpu: json(cpu)
            memory: memory
          }
          env: told.outputs.env
          volumeMounts: told.outputs.volumeMounts
        }
      ]
    }
  }
  dependsOn: [pulls]
}

output registryHost string = registry.properties.loginServer
