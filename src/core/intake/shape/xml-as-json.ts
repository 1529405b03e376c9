import { isObject } from '../../json.ts'
import type { Json } from '../../model.ts'
import { bare } from '../../own.ts'

/**
 * What usual converters make of an XML message, without what belongs to XML: prefixes of names,
 * attributes, the declaration and a SOAP envelope. An element that holds only text becomes the
 * text, a list of one the element, `xsi:nil` null. Elements of one name under several prefixes
 * become a list.
 *
 * Known are the forms of xml2js, fast-xml-parser, xml-js, Newtonsoft.Json and Logic Apps,
 * xmltodict, org.json and BadgerFish.
 */
export function fromXml(body: Json): Json {
  const plain = elementOf(body)
  const envelope = isObject(plain) ? plain['Envelope'] : undefined
  const inner = isObject(envelope) ? envelope['Body'] : undefined
  return inner ?? plain
}

/** Keys of the text of an element that has attributes. */
const TEXT = ['#text', '_text', '$t', '$', '_', '__text', '#cdata', '_cdata', 'content']
/** Keys that hold all attributes of an element, and those of the declaration and of comments. */
const DROPPED = ['_attributes', '$attributes', '?xml', '_declaration', '#comment', '_comment']

function elementOf(value: Json): Json {
  if (isList(value)) return listOfElements(value.map(elementOf))
  if (!isObject(value)) return value
  const entries = Object.entries(value)
  const elements = entries.filter(([key, child]) => !isAttribute(key, child))
  if (entries.some(([key, child]) => isNil(key, child))) return null
  const [first] = elements
  if (first !== undefined && elements.length === 1 && isText(first, elements.length < entries.length))
    return first[1]
  const plain = bare<Json>()
  for (const [key, child] of elements) {
    const name = localName(key)
    const there = plain[name]
    const here = elementOf(child)
    plain[name] = there === undefined ? here : [...asList(there), ...asList(here)]
  }
  return plain
}

function isText([key, value]: readonly [string, Json], hasAttributes: boolean): boolean {
  return TEXT.includes(key) && typeof value !== 'object' && (key !== 'content' || hasAttributes)
}

function isAttribute(key: string, child: Json): boolean {
  return (
    key.startsWith('@') ||
    key === 'xmlns' ||
    key.startsWith('xmlns:') ||
    key.startsWith('xsi:') ||
    DROPPED.includes(key) ||
    // xml2js keeps attributes under `$`; BadgerFish keeps text there.
    (key === '$' && isObject(child))
  )
}

function isNil(key: string, child: Json): boolean {
  if (isObject(child) && (key === '$' || key === '_attributes'))
    return Object.entries(child).some(([name, value]) => isNil(name, value))
  return (
    localName(key.replace(/^@_?/, '')) === 'nil' && key.includes(':') && (child === true || child === 'true')
  )
}

/** `ns3:event` and `{http://…}event` are `event`. */
function localName(key: string): string {
  return key.slice(Math.max(key.lastIndexOf(':'), key.lastIndexOf('}')) + 1)
}

/** xml2js makes a list of every element. */
function listOfElements(elements: readonly Json[]): Json {
  const [only] = elements
  return elements.length === 1 && only !== undefined ? only : elements
}

function asList(value: Json): readonly Json[] {
  return isList(value) ? value : [value]
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
