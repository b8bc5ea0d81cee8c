/**
 * Whether a value of this shape names its login.
 * @module
 */
import type { ShapeOptions } from '../secret/shape.ts'
import { parseTemplate, templateHoldsUsername } from '../secret/shape-template.ts'

export function shapeHoldsUsername(value: ShapeOptions): boolean {
  if (value.format === 'template') return templateHoldsUsername(parseTemplate(value.template))
  return value.format !== 'password'
}
