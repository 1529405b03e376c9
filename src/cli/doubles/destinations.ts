import { InvalidArgumentError } from '@commander-js/extra-typings'

/** As in `destinations` of rollcall.yaml. */
const NAME = /^[a-z0-9][a-z0-9-]{0,30}$/

/** The names of an option, separated by commas. */
export function destinationList(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  const wrong = names.find((name) => !NAME.test(name))
  if (wrong !== undefined) throw new InvalidArgumentError('each name is small letters, digits and hyphens.')
  if (new Set(names).size < names.length) throw new InvalidArgumentError('each name is given once.')
  return names
}

/** The variable with the endpoint of a destination: `ENDPOINT_NORTH` for north. */
export function endpointVariable(name: string): string {
  return `ENDPOINT_${name.toUpperCase().replaceAll('-', '_')}`
}

/**
 * Stands for the endpoints until the doubles have started, so that a file that names the variables
 * can be read before.
 */
export function endpointsToCome(names: readonly string[]): Readonly<Record<string, string>> {
  const job = (name: string): string =>
    `http://127.0.0.1/v1.0/servicePrincipals/double/synchronization/jobs/${name}/bulkUpload`
  return {
    PROVISIONING_ALLOW_HTTP: 'true',
    ...Object.fromEntries(names.map((name) => [endpointVariable(name), job(name)])),
  }
}

/** What goes into rollcall.yaml: each destination takes the organization of its name, the last all others. */
export function destinationLines(names: readonly string[]): readonly string[] {
  const where = (index: number, name: string): string =>
    index === names.length - 1 ? '' : `where: { organization: ${JSON.stringify(name)} }, `
  return [
    'destinations:',
    ...names.map(
      (name, index) =>
        `  - { name: ${name}, ${where(index, name)}endpoint: "\${${endpointVariable(name)}}" }`,
    ),
  ]
}
