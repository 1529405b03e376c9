import type { ToolLine } from './read-line.ts'

/** What a line prints that others read: by its command and its `--query`. */
const ANSWERS: Readonly<Record<string, string>> = {
  'az account get-access-token accessToken': 'a-token',
  'az acr list [0].loginServer': 'contoso.azurecr.io',
  'az aks show oidcIssuerProfile.issuerUrl': 'https://issuer.example/',
  'az containerapp revision list [0].name': 'rollcall--1',
  'az identity show principalId': '00000000-0000-0000-0000-000000000001',
  'az keyvault list [0].name': 'contoso-vault',
  'az postgres flexible-server list [0].fullyQualifiedDomainName': 'contoso.postgres.database.azure.com',
  'az servicebus namespace list [0].name': 'contoso',
}

/** The script that grants roles asks Graph, which has them all and granted them already. */
const GRAPH: readonly (readonly [RegExp, string])[] = [
  [/^id$/, 'graph'],
  [/^appRoles/, 'role'],
  [/appRoleId$/, 'role'],
]

export function answerOf({ name, options }: ToolLine): string {
  const query = options.get('--query')?.[0] ?? ''
  const answer =
    name === 'az rest' ? GRAPH.find(([pattern]) => pattern.test(query))?.[1] : ANSWERS[`${name} ${query}`]
  return answer === undefined ? '' : `${answer}\n`
}
