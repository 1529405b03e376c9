import {
  type Reason,
  REASON_CATALOGUE,
  REASON_OWNERS,
  UNCATALOGUED,
} from '../../src/core/report/outcomes/reason-catalogue.ts'

/** The page of reasons, made from the catalogue. */
export function renderReasons(): string {
  const entry = ({ codes, cause, fix, waitingHelps }: Reason): string =>
    [
      `### ${codes.map((code) => `\`${code}\``).join(', ')}`,
      '',
      cause,
      '',
      `**What to do:** ${fix}${waitingHelps ? ' Waiting helps.' : ''}`,
      '',
    ].join('\n')
  const sections = REASON_OWNERS.flatMap((owner) => [
    `## ${owner[0]?.toUpperCase()}${owner.slice(1)}`,
    '',
    ...[...REASON_CATALOGUE, UNCATALOGUED].filter((reason) => reason.owner === owner).map(entry),
  ])
  return [
    '# Reasons',
    '',
    'Codes of the provisioning log, of refused calls and of Rollcall itself, grouped by who can act on them.',
    '`rollcall trace` shows the entry for the code of an operation.',
    '',
    'A prefix that the service puts before its own codes, as in `AzureActiveDirectoryDuplicateUserPrincipalName`, is left out here.',
    `A code that is not listed is shown as \`${UNCATALOGUED.codes[0]}\`. \`npm run docs\` makes this page from the catalogue of reasons.`,
    '',
    ...sections,
  ]
    .join('\n')
    .replace(/\n+$/, '\n')
}
