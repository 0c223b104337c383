import { Injectable } from '@nestjs/common';
import { exportedLine } from './exported-line';
import { UsersFileRepository } from './users-file.repository';

const PAGE = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** Hands users on to elsewhere. */
@Injectable()
export class UsersExport {
  constructor(private readonly users: UsersFileRepository) {}

  /**
   * Every user once, a line each, page by page: in the memory of one page, however many there are
   * and however slowly they are read. Who is made or deleted meanwhile may be in it or not.
   */
  async *pages(withHashes: boolean): AsyncGenerator<readonly string[]> {
    let after = BEFORE_ALL;
    for (;;) {
      const rows = await this.users.listAfter(after, PAGE);
      if (rows.length > 0) yield rows.map((row) => exportedLine(row, withHashes));
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.id;
    }
  }
}
