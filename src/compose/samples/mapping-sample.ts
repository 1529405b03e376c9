import type { Config } from '../../config/load.ts'
import type { Attribute, Json } from '../../core/model.ts'
import type { MappedRecord } from '../../core/plan/mapping/mapping.ts'

/** An employee who does not exist, with every attribute that a default rule copies. */
const SAMPLE: Readonly<Record<string, Json>> = {
  userName: 'anna.example@example.com',
  'name.givenName': 'Anna',
  'name.middleName': 'Maria',
  'name.familyName': 'Example',
  'name.formatted': 'Anna Maria Example',
  displayName: 'Anna Example',
  nickName: 'Anni',
  title: 'Engineer',
  userType: 'Employee',
  preferredLanguage: 'en',
  locale: 'en-GB',
  timezone: 'Europe/Berlin',
  'emails.work': 'anna.example@example.com',
  'phones.work': '+49 30 5550100',
  'address.work.streetAddress': 'Example Street 1',
  'address.work.locality': 'Berlin',
  'address.work.region': 'BE',
  'address.work.postalCode': '10115',
  'address.work.country': 'DE',
  active: true,
  employeeNumber: '20011',
  costCenter: '4711',
  organization: 'Example Ltd',
  division: 'Operations',
  department: 'Research',
  managerId: '20001',
}

/**
 * What the mapping in force makes of a sample employee. Calls no service. Rejects when an
 * expression cannot be computed at the moment.
 */
export async function mapSample({ rules }: Pick<Config, 'rules'>): Promise<{
  readonly sample: Readonly<Record<string, Json>>
  readonly mapped: MappedRecord
}> {
  const attributes = new Map(
    Object.entries(SAMPLE).map(([path, value]): [string, Attribute] => [path, { value, by: 0 }]),
  )
  return { sample: SAMPLE, mapped: await rules.mapping.map('20011', attributes) }
}
