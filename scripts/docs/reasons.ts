import {
  type Reason,
  REASON_CATALOGUE,
  REASON_OWNERS,
  UNCATALOGUED,
} from '../../src/core/report/outcomes/reason-catalogue.ts'

/** The page of reasons, made from the catalogue. */
export function renderReasons(): string {
  const row = ({ codes, cause, fix, waitingHelps }: Reason): string =>
    `| ${codes.map((code) => `\`${code}\``).join(', ')} | ${cause} | ${fix} | ${waitingHelps ? 'yes' : 'no'} |`
  const sections = REASON_OWNERS.flatMap((owner) => [
    `## ${owner[0]?.toUpperCase()}${owner.slice(1)}`,
    '',
    '| code | cause | what to do | waiting helps |',
    '| --- | --- | --- | --- |',
    ...[...REASON_CATALOGUE, UNCATALOGUED].filter((reason) => reason.owner === owner).map(row),
    '',
  ])
  return [
    '# Reasons',
    '',
    'Why an operation failed or came to nothing, by who can do something about it. `rollcall trace` shows the entry for the code of an operation.',
    'What the service puts before a code of its own, as in `AzureActiveDirectoryDuplicateUserPrincipalName`, is left out here.',
    `A code that is not here is shown as \`${UNCATALOGUED.codes[0]}\`. Made from \`src/core/report/outcomes/reason-catalogue.ts\` by \`npm run docs\`.`,
    '',
    ...sections,
  ]
    .join('\n')
    .replace(/\n+$/, '\n')
}
