// Where logs and telemetry go, and who is told: workspace, Application Insights, action group, alert rules and a workbook.
// The rules tell of the alerts that the connector raises itself, and of a connector that is silent or not ready.
param location string
param tags object
param name string

@description('Mail addresses that are told of alerts. Empty: the alerts are shown in the portal alone.')
param alertEmails array

// By urgency, as src/core/alerts/codes.ts has them.
var kinds = [
  {
    name: 'urgent'
    severity: 1
    codes: ['leaver.open', 'emergency.waits', 'brake.tripped', 'job.stopped', 'submission.held', 'bus.unreachable', 'loop.missing']
  }
  {
    name: 'normal'
    severity: 2
    codes: ['job.failing', 'deadletter.new', 'finding.new', 'record.refused', 'quota.low', 'stage.stuck', 'log.behind', 'instance.lost', 'channel.down']
  }
]

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    retentionInDays: 30
    sku: {
      name: 'PerGB2018'
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  tags: tags
  kind: 'other'
  properties: {
    Application_Type: 'other'
    WorkspaceResourceId: logs.id
  }
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: name
    emailReceivers: [
      for (address, index) in alertEmails: {
        name: 'mail ${index}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource open 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = [
  for one in kinds: {
    name: '${name}-${one.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Rollcall: ${one.name} alerts'
      description: 'The connector has an alert open: rollcall alerts says what to do.'
      severity: one.severity
      enabled: true
      scopes: [logs.id]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT5M'
      criteria: {
        allOf: [
          {
            query: loadTextContent('../azure-monitor/alerts.kql')
            timeAggregation: 'Maximum'
            metricMeasureColumn: 'open'
            dimensions: [{ name: 'code', operator: 'Include', values: one.codes }]
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      autoMitigate: true
      actions: { actionGroups: [people.id] }
    }
  }
]

resource silent 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = {
  name: '${name}-silent'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Rollcall: no telemetry'
    description: 'No connector runs, or its telemetry does not arrive.'
    severity: 1
    enabled: true
    scopes: [logs.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: loadTextContent('../azure-monitor/silent.kql')
          timeAggregation: 'Total'
          metricMeasureColumn: 'readings'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    autoMitigate: true
    actions: { actionGroups: [people.id] }
  }
}

resource unready 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = {
  name: '${name}-not-ready'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Rollcall: not ready'
    description: 'No connector is ready: rollcall check tests the ledger and the bus.'
    severity: 1
    enabled: true
    scopes: [logs.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT10M'
    criteria: {
      allOf: [
        {
          query: loadTextContent('../azure-monitor/not-ready.kql')
          timeAggregation: 'Maximum'
          metricMeasureColumn: 'ready'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    autoMitigate: true
    actions: { actionGroups: [people.id] }
  }
}

resource workbook 'Microsoft.Insights/workbooks@2022-04-01' = {
  name: guid(resourceGroup().id, name, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Rollcall'
    category: 'workbook'
    sourceId: logs.id
    serializedData: loadTextContent('../azure-monitor/workbook.json')
  }
}

output workspaceName string = logs.name
output insightsName string = insights.name
