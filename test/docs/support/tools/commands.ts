/** What a real tool takes after one of its commands. */
export interface ToolCommand {
  /** With `=` where a value follows; aliases behind `|`. */
  readonly options: readonly string[]
  readonly required?: readonly string[]
  /** How many words may stand there that belong to no option. Default: none. */
  readonly operands?: readonly [least: number, most: number]
  /** What comes behind the operands is a command of its own. */
  readonly endsInCommand?: true
  /** Where the tool's own documentation says so. */
  readonly page: string
}

const AZ = 'https://learn.microsoft.com/cli/azure'
const AZD = 'https://learn.microsoft.com/azure/developer/azure-developer-cli/reference'
const DOCKER = 'https://docs.docker.com/reference/cli/docker'
const KUBECTL = 'https://kubernetes.io/docs/reference/kubectl/generated'
const POSTGRES = 'https://www.postgresql.org/docs/current'
const PROMTOOL = 'https://prometheus.io/docs/prometheus/latest/command-line/promtool'

/**
 * Every command of the Azure CLI has these:
 * https://learn.microsoft.com/cli/azure/reference-index#az-rest-global-parameters
 */
const az = (path: string, options: readonly string[], required: readonly string[] = []): ToolCommand => ({
  options: [...options, '--query=', '--output=|-o=', '--subscription=', '--only-show-errors'],
  required,
  page: `${AZ}/${path}`,
})
const GROUP = '--resource-group=|-g='
const NAME = '--name=|-n='

/**
 * The commands that the pages name, with the options that they use and a few beside them. Those of
 * the Azure CLI were also compared with the parser of Azure CLI 2.45.0, except what is newer there:
 * Bicep parameter files without a template (2.53), `bicep build-params`, and `containerapp`, an
 * extension then.
 */
export const TOOL_COMMANDS: Readonly<Record<string, ToolCommand>> = {
  'az account show': az('account#az-account-show', []),
  'az account get-access-token': az('account#az-account-get-access-token', [
    '--resource-type=',
    '--resource=',
    '--scope=',
    '--tenant=',
  ]),
  'az rest': az(
    'reference-index#az-rest',
    ['--method=|-m=', '--url=|--uri=|-u=', '--headers=', '--body=|-b=', '--resource='],
    ['--url'],
  ),
  'az group create': az(
    'group#az-group-create',
    [NAME, '--location=|-l=', '--tags='],
    ['--name', '--location'],
  ),
  'az group delete': az('group#az-group-delete', [NAME, '--yes|-y', '--no-wait'], ['--name']),
  'az deployment group create': az(
    'deployment/group#az-deployment-group-create',
    [GROUP, '--parameters=|-p=', '--template-file=|-f=', NAME, '--mode=', '--what-if|-w'],
    ['--resource-group'],
  ),
  'az deployment group validate': az(
    'deployment/group#az-deployment-group-validate',
    [GROUP, '--parameters=|-p=', '--template-file=|-f='],
    ['--resource-group'],
  ),
  'az bicep build': az('bicep#az-bicep-build', ['--file=|-f=', '--outfile=', '--stdout'], ['--file']),
  'az bicep build-params': az('bicep#az-bicep-build-params', ['--file=|-f=', '--outfile='], ['--file']),
  'az acr list': az('acr#az-acr-list', [GROUP]),
  'az acr build': {
    ...az(
      'acr#az-acr-build',
      ['--registry=|-r=', '--image=|-t=', '--file=|-f=', '--platform='],
      ['--registry'],
    ),
    operands: [1, 1],
  },
  'az identity show': az('identity#az-identity-show', [GROUP, NAME], ['--resource-group', '--name']),
  'az identity federated-credential create': az(
    'identity/federated-credential#az-identity-federated-credential-create',
    [GROUP, NAME, '--identity-name=', '--issuer=', '--subject=', '--audiences='],
    ['--resource-group', '--identity-name', '--name', '--issuer', '--subject'],
  ),
  'az keyvault list': az('keyvault#az-keyvault-list', [GROUP]),
  'az keyvault secret set': az(
    'keyvault/secret#az-keyvault-secret-set',
    ['--vault-name=', NAME, '--value=', '--file=|-f='],
    ['--vault-name', '--name'],
  ),
  'az servicebus namespace list': az('servicebus/namespace#az-servicebus-namespace-list', [GROUP]),
  'az servicebus queue list': az(
    'servicebus/queue#az-servicebus-queue-list',
    [GROUP, '--namespace-name='],
    ['--resource-group', '--namespace-name'],
  ),
  'az postgres flexible-server list': az('postgres/flexible-server#az-postgres-flexible-server-list', [
    GROUP,
  ]),
  'az containerapp exec': az(
    'containerapp#az-containerapp-exec',
    [GROUP, NAME, '--command=', '--container=', '--replica=', '--revision='],
    ['--resource-group', '--name'],
  ),
  'az containerapp job start': az(
    'containerapp/job#az-containerapp-job-start',
    [GROUP, NAME, '--command=', '--args=', '--image='],
    ['--resource-group', '--name'],
  ),
  'az containerapp revision list': az(
    'containerapp/revision#az-containerapp-revision-list',
    [GROUP, NAME, '--all'],
    ['--resource-group', '--name'],
  ),
  'az containerapp revision restart': az(
    'containerapp/revision#az-containerapp-revision-restart',
    [GROUP, NAME, '--revision='],
    ['--resource-group', '--revision'],
  ),
  'az aks show': az('aks#az-aks-show', [GROUP, NAME], ['--resource-group', '--name']),
  'az aks update': az('aks#az-aks-update', [GROUP, NAME, '--attach-acr='], ['--resource-group', '--name']),
  'azd env new': {
    options: ['--location=', '--subscription='],
    operands: [1, 1],
    page: `${AZD}#azd-env-new`,
  },
  'azd env set': { options: ['--environment=|-e='], operands: [2, 2], page: `${AZD}#azd-env-set` },
  'azd up': { options: ['--environment=|-e='], page: `${AZD}#azd-up` },
  'azd provision': { options: ['--preview', '--environment=|-e='], page: `${AZD}#azd-provision` },
  'docker build': {
    options: ['--file=|-f=', '--tag=|-t=', '--build-arg='],
    operands: [1, 1],
    page: `${DOCKER}/buildx/build`,
  },
  'docker buildx build': {
    options: ['--file=|-f=', '--tag=|-t=', '--sbom=', '--provenance='],
    operands: [1, 1],
    page: `${DOCKER}/buildx/build`,
  },
  'docker buildx imagetools inspect': {
    options: ['--raw', '--format='],
    operands: [1, 1],
    page: `${DOCKER}/buildx/imagetools/inspect`,
  },
  'docker run': {
    options: [
      '--rm',
      '--read-only',
      '--stop-timeout=',
      '--tmpfs=',
      '--volume=|-v=',
      '--env-file=',
      '--entrypoint=',
    ],
    operands: [1, 1],
    endsInCommand: true,
    page: `${DOCKER}/container/run`,
  },
  'docker scout cves': { options: [], operands: [1, 1], page: `${DOCKER}/scout/cves` },
  'docker compose config': { options: ['--quiet|-q'], page: `${DOCKER}/compose/config` },
  'docker compose up': {
    options: ['--build', '--detach|-d', '--wait'],
    operands: [0, 9],
    page: `${DOCKER}/compose/up`,
  },
  'docker compose down': { options: ['--volumes|-v'], operands: [0, 9], page: `${DOCKER}/compose/down` },
  'docker compose pull': {
    options: ['--ignore-buildable'],
    operands: [0, 9],
    page: `${DOCKER}/compose/pull`,
  },
  'docker compose restart': { options: [], operands: [0, 9], page: `${DOCKER}/compose/restart` },
  'docker compose stop': { options: [], operands: [0, 9], page: `${DOCKER}/compose/stop` },
  'docker compose exec': {
    options: ['-T', '--user=|-u='],
    operands: [1, 1],
    endsInCommand: true,
    page: `${DOCKER}/compose/exec`,
  },
  'kubectl create namespace': {
    options: [],
    operands: [1, 1],
    page: `${KUBECTL}/kubectl_create/kubectl_create_namespace`,
  },
  'kubectl create secret generic': {
    options: ['--namespace=|-n=', '--from-literal=', '--from-file='],
    operands: [1, 1],
    page: `${KUBECTL}/kubectl_create/kubectl_create_secret_generic`,
  },
  'kubectl apply': {
    options: ['--kustomize=|-k=', '--filename=|-f=', '--dry-run=', '--validate=', '--namespace=|-n='],
    page: `${KUBECTL}/kubectl_apply`,
  },
  'kubectl kustomize': { options: [], operands: [1, 1], page: `${KUBECTL}/kubectl_kustomize` },
  'kubectl rollout restart': {
    options: ['--namespace=|-n='],
    operands: [1, 1],
    page: `${KUBECTL}/kubectl_rollout/kubectl_rollout_restart`,
  },
  'kubectl exec': {
    options: ['--namespace=|-n=', '--stdin|-i', '--tty|-t'],
    operands: [1, 1],
    endsInCommand: true,
    page: `${KUBECTL}/kubectl_exec`,
  },
  'helm lint': {
    options: ['--values=|-f=', '--strict'],
    operands: [1, 1],
    page: 'https://helm.sh/docs/helm/helm_lint/',
  },
  'helm upgrade': {
    options: ['--install|-i', '--namespace=|-n=', '--values=|-f=', '--set-file=', '--set-string=', '--set='],
    operands: [2, 2],
    page: 'https://helm.sh/docs/helm/helm_upgrade/',
  },
  psql: { options: ['--command=|-c='], operands: [1, 1], page: `${POSTGRES}/app-psql.html` },
  pg_dump: {
    options: ['--format=|-F=', '--file=|-f=', '--username=|-U='],
    operands: [0, 1],
    page: `${POSTGRES}/app-pgdump.html`,
  },
  pg_restore: {
    options: ['--no-owner', '--dbname=|-d=', '--username=|-U='],
    operands: [0, 1],
    page: `${POSTGRES}/app-pgrestore.html`,
  },
  'promtool check rules': { options: [], operands: [1, 9], page: PROMTOOL },
  'promtool test rules': { options: [], operands: [1, 9], page: PROMTOOL },
}

export const TOOLS: readonly string[] = [
  ...new Set(Object.keys(TOOL_COMMANDS).map((words) => words.split(' ')[0] ?? '')),
]
