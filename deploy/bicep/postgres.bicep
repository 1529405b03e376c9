// The ledger. Entra tokens only, no passwords; reachable from the network of the connector only.
param location string
param tags object
param serverName string
param subnetId string
param dnsZoneId string
@description('Who administers the server: a user or group of the tenant, not the connector.')
param administratorName string
param administratorPrincipalId string
@allowed(['User', 'Group'])
param administratorType string
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param tier string
param skuName string
param storageGB int
@description('A second server in another zone that takes over. Not with Burstable.')
param isHighlyAvailable bool
param backupRetentionDays int

var databaseName = 'rollcall'

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: serverName
  location: location
  tags: tags
  sku: {
    name: skuName
    tier: tier
  }
  properties: {
    version: '18'
    storage: {
      storageSizeGB: storageGB
      autoGrow: 'Enabled'
    }
    backup: {
      backupRetentionDays: backupRetentionDays
      geoRedundantBackup: 'Disabled'
    }
    highAvailability: {
      mode: isHighlyAvailable && tier != 'Burstable' ? 'ZoneRedundant' : 'Disabled'
    }
    network: {
      delegatedSubnetResourceId: subnetId
      privateDnsZoneArmResourceId: dnsZoneId
    }
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: subscription().tenantId
    }
  }

  resource database 'databases' = {
    name: databaseName
    properties: {
      charset: 'UTF8'
      collation: 'en_US.utf8'
    }
  }

  resource administrator 'administrators' = {
    name: administratorPrincipalId
    properties: {
      principalName: administratorName
      principalType: administratorType
      tenantId: subscription().tenantId
    }
    // The server takes one change at a time.
    dependsOn: [database]
  }
}

output host string = server.properties.fullyQualifiedDomainName
output database string = databaseName
