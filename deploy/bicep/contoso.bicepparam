// Copy it and put your own values. What is not here has the default of main.bicep.
using 'main.bicep'

param provisioningEndpoint = 'https://graph.microsoft.com/v1.0/servicePrincipals/SERVICE_PRINCIPAL/synchronization/jobs/JOB/bulkUpload'
param databaseAdministratorName = 'rollcall-administrators'
param databaseAdministratorObjectId = '00000000-0000-0000-0000-000000000000'
param operatorPrincipalId = '00000000-0000-0000-0000-000000000000'
param callsPerDay = 2000
param sourceZone = 'Europe/Berlin'
param lastDay = 'inclusive'
param alertEmails = ['hr-platform@contoso.com']
// Sources, mapping and notifications.
param configuration = loadTextContent('../rollcall.yaml')
// What ${HR_CLIENT_SECRET} in that file stands for is the secret hr-client-secret of the vault.
param vaultSecrets = {}
// The first time without: that makes the registry to push it to.
param image = readEnvironmentVariable('ROLLCALL_IMAGE', '')
