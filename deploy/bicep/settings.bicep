// What the connector is told: variables, secrets of the vault, and the file. It has no resource of its own.
@description('Variables that the template decides.')
param variables object
@description('Variables that you decide besides; they win.')
param settings object
@description('Variable → name of the secret in the vault that has its value.')
param vaultSecrets object
param vaultUri string
param identityId string
@description('Text of rollcall.yaml. Empty for none.')
param configuration string

var folder = '/config'
// A changed file has another name: then the app starts new instances, which it does not for a changed secret.
var file = 'rollcall-${uniqueString(configuration)}'
var withFile = empty(configuration) ? {} : { ROLLCALL_CONFIG: '${folder}/rollcall.yaml' }
var plain = [for item in items(union(variables, withFile, settings)): { name: item.key, value: item.value }]
var secret = [for item in items(vaultSecrets): { name: item.key, secretRef: toLower(replace(item.key, '_', '-')) }]
var ofVault = [
  for item in items(vaultSecrets): {
    name: toLower(replace(item.key, '_', '-'))
    keyVaultUrl: '${vaultUri}secrets/${item.value}'
    identity: identityId
  }
]

output env array = concat(plain, secret)
output secrets array = concat(ofVault, empty(configuration) ? [] : [{ name: file, value: configuration }])
output volumes array = empty(configuration)
  ? []
  : [
      {
        name: 'configuration'
        storageType: 'Secret'
        secrets: [{ secretRef: file, path: 'rollcall.yaml' }]
      }
    ]
output volumeMounts array = empty(configuration) ? [] : [{ volumeName: 'configuration', mountPath: folder }]
