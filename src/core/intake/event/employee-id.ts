/** The form that a source declares for its employee ids. */
export interface EmployeeIdForm {
  /**
   * `keep` compares ids as they are written; `upper` and `lower` make ids that differ in case the
   * same.
   */
  readonly case: 'keep' | 'upper' | 'lower'
  /**
   * Ids of digits alone are padded with leading zeros to this length; 0 leaves them as they are.
   */
  readonly pad: number
}
export const AS_WRITTEN: EmployeeIdForm = { case: 'keep', pad: 0 }

/** The columns, or keys, that may name the employee in a file of employees. */
export const EMPLOYEE_COLUMNS = ['employee', 'externalId', 'subject'] as const

/**
 * Characters that no reader can see: zero-width and other ignorable characters, direction marks,
 * the blank Braille pattern.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/gu
/** Every character of an ordinary id: it needs no cleaning. */
const PLAIN = /^[\w.@-]+$/

/**
 * The one form of an employee id: without invisible characters and outer white space, in Unicode
 * normal form C, in the declared case, and padded. Empty when nothing visible is left.
 */
export function employeeIdOf(written: string | number, form: EmployeeIdForm = AS_WRITTEN): string {
  const text = String(written)
  const clean = PLAIN.test(text) ? text : text.replaceAll(INVISIBLE, '').trim().normalize('NFC')
  return padded(inCase(clean, form.case), form.pad)
}

function inCase(id: string, form: EmployeeIdForm['case']): string {
  switch (form) {
    case 'keep':
      return id
    case 'upper':
      return id.toUpperCase()
    case 'lower':
      return id.toLowerCase()
  }
}

function padded(id: string, length: number): string {
  return id.length < length && /^\d+$/.test(id) ? id.padStart(length, '0') : id
}

/**
 * What ids have in common that a person would read as the same: without case, width, white space,
 * punctuation between parts and leading zeros. Two ids with one key may be one employee, and
 * nothing decides on that alone.
 */
export function similarityKey(id: string): string {
  if (/^[1-9]\d*$/.test(id)) return id
  const folded = id
    .normalize('NFKC')
    .replaceAll(INVISIBLE, '')
    .replaceAll(/[\s._-]+/gu, '')
  return folded.toLowerCase().replace(/^0+(?=.)/, '')
}
