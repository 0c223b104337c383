import { type ClassConstructor, plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

export interface Fault {
  readonly field: string;
  readonly detail: string;
}

/** The checked and tidied object, or the first fault of each field. No fault repeats a value. */
export function checked<T extends object>(
  type: ClassConstructor<T>,
  fields: Readonly<Record<string, unknown>>,
): { readonly value: T; readonly faults: readonly Fault[] } {
  const value = plainToInstance(type, fields);
  const errors = validateSync(value, {
    stopAtFirstError: true,
    validationError: { target: false, value: false },
  });
  const faults = errors.flatMap(({ property, constraints = {} }) =>
    Object.values(constraints).map((detail) => ({ field: property, detail })),
  );
  return { value, faults };
}
