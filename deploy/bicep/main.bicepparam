// What azd reads (docs/guides/deploy.md): a value of `azd env set`, or what stands behind it. A parameter for which azd
// has no variable goes in here.
using 'main.bicep'

param provisioningEndpoint = readEnvironmentVariable('PROVISIONING_ENDPOINT')
param databaseAdministratorName = readEnvironmentVariable('DATABASE_ADMINISTRATOR_NAME')
param databaseAdministratorObjectId = readEnvironmentVariable('DATABASE_ADMINISTRATOR_OBJECT_ID')
param sourceZone = readEnvironmentVariable('SOURCE_ZONE', 'UTC')
param lastDay = readEnvironmentVariable('SOURCE_LAST_DAY', 'exclusive')
// Sources, mapping and notifications.
param configuration = loadTextContent('../rollcall.yaml')
// azd sets it when it has built the image. The first time without: that makes the registry to push it to.
param image = readEnvironmentVariable('SERVICE_CONNECTOR_IMAGE_NAME', '')
