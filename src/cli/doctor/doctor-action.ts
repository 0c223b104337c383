import { print } from '../terminal';
import { examine } from './examination';
import { findingsJson, hasPassed, renderFindings } from './finding';

export interface DoctorOptions {
  readonly json?: boolean;
  readonly online?: boolean;
}

export async function runDoctor({ json = false, online = false }: DoctorOptions): Promise<void> {
  const findings = await examine({ online });
  print(json ? findingsJson(findings) : renderFindings(findings));
  if (!hasPassed(findings)) process.exitCode = 1;
}
