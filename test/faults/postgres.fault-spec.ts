import { holdsUp } from './holds-up';

describe('with queue and limits on Postgres', () => holdsUp('Postgres'));
