import { cursorOf } from '../../../core/explain/trace-cursor.ts'
import { misread, type PageOf } from '../page.ts'
import { timesAt } from '../times.ts'
import { employeeHref } from './href.ts'
import { readEmployee, searchEmployees } from './read.ts'
import { searchView, searchWithoutText } from './search-view.ts'
import { employeeView, unknownEmployee } from './view.ts'

const LONGEST_SEARCH = 300

export const searchPage: PageOf = (context) => async (query, ledger) => {
  const text = (query('q') ?? '').trim().slice(0, LONGEST_SEARCH)
  if (text === '') return { title: 'Search', body: searchWithoutText(), current: null }
  const { found, similar } = await searchEmployees(ledger, text, context.now())
  const [first, ...others] = found
  if (first !== undefined && others.length === 0) return { redirect: employeeHref(first) }
  const body = searchView(found, similar)
  return {
    title: 'Search',
    body,
    current: null,
    search: text,
    ...(first === undefined ? { status: 404 } : {}),
  }
}

export const employeePage: PageOf = (context) => async (query, ledger, visitor) => {
  const [id, next] = [query('id'), query('next')]
  const cursor = next === null ? null : cursorOf(next)
  if (id === null || (next !== null && cursor === null)) return misread('Employee', null)
  const found = await readEmployee(ledger, id, cursor, context)
  if (found === null)
    return { title: 'Employee', body: unknownEmployee(id), current: null, search: id, status: 404 }
  const shown = { visitor, values: false, cursor, connection: null }
  const body = employeeView(found, shown, timesAt(found.answer.at, context.zone))
  return { title: `Employee ${id}`, body, current: null }
}
