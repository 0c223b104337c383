import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { SmtpSettings } from '../../config/app-config';
import { probeSmtp } from './smtp-probe';

const started: SMTPServer[] = [];
afterEach(() => {
  for (const server of started.splice(0)) server.close();
});

async function settingsOf(
  options: SMTPServerOptions,
  user: string | null = null,
): Promise<SmtpSettings> {
  // Or it warns of the certificate that it comes with.
  const server = new SMTPServer({ ...options, logger: false });
  server.on('error', () => {});
  started.push(server);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return { host: '127.0.0.1', port, user, password: user && 'hunter2', secure: false };
}

const onAuth: SMTPServerOptions['onAuth'] = ({ username, password }, _, done) => {
  const isRight = username === 'ada' && password === 'hunter2';
  done(isRight ? null : new Error('who are you'), { user: 'ada' });
};

it('finds a server that takes everybody', async () => {
  const smtp = await settingsOf({ disabledCommands: ['AUTH', 'STARTTLS'] });
  expect(await probeSmtp(smtp)).toEqual({ isEncrypted: false, isSignedIn: false });
});

it('signs in where there is a user, and sends nothing', async () => {
  const onData = jest.fn();
  const onMailFrom = jest.fn();
  const options = { disabledCommands: ['STARTTLS'], allowInsecureAuth: true, onAuth };
  const smtp = await settingsOf({ ...options, onData, onMailFrom }, 'ada');
  expect(await probeSmtp(smtp)).toEqual({ isEncrypted: false, isSignedIn: true });
  expect([onData, onMailFrom].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
});

it('says that user and password are refused, without them', async () => {
  const options = { disabledCommands: ['STARTTLS'], allowInsecureAuth: true, onAuth };
  const error: unknown = await probeSmtp(await settingsOf(options, 'eve')).catch(
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ code: 'EAUTH' });
  expect((error as Error).message).not.toMatch(/eve|hunter2/);
});

it('refuses a certificate that it cannot check', async () => {
  const smtp = await settingsOf({ disabledCommands: ['AUTH'] });
  await expect(probeSmtp(smtp)).rejects.toThrow(/self.signed|certificate/i);
});

it('does not wait for a server that hangs up, or is none', async () => {
  const rude = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(rude, 'listening');
  const { port } = rude.address() as AddressInfo;
  const smtp = { host: '127.0.0.1', port, user: null, password: null, secure: false };
  await expect(probeSmtp(smtp)).rejects.toThrow(/hung up|closed/);
  rude.close();
  await once(rude, 'close');
  await expect(probeSmtp(smtp)).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
});
