import 'reflect-metadata';
import * as nodeModule from 'node:module';
import { run } from './run';

// Where Node can keep compiled code between starts (22.8 and later), it does.
(nodeModule as { enableCompileCache?: () => void }).enableCompileCache?.();

void run();
