// ReDoc's browser bundle is a file, not code we import: it goes beside the build, so that the
// package (and the React it drags in) can stay out of the production image.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';

await mkdir('dist/assets', { recursive: true });
await copyFile('node_modules/redoc/bundles/redoc.standalone.js', 'dist/assets/redoc.standalone.js');
await writeFile('dist/.built', '');
