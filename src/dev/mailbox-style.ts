import { html } from '../common/http/html';

export const STYLE = html`<style>
  :root {
    --ground: #f3f4f7;
    --surface: #ffffff;
    --line: #e3e5eb;
    --text: #1a1e2b;
    --quiet: #5f6678;
    --accent: #4049c8;
    --tint: #eef0fd;
    color-scheme: light dark;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --ground: #101217;
      --surface: #1a1d25;
      --line: #2c313d;
      --text: #e8eaf0;
      --quiet: #99a1b3;
      --accent: #a9b4ff;
      --tint: #23273a;
    }
  }
  * {
    box-sizing: border-box;
  }
  body {
    margin: 0;
    background: var(--ground);
    color: var(--text);
    font:
      15px/1.5 -apple-system,
      BlinkMacSystemFont,
      'Segoe UI',
      Roboto,
      Helvetica,
      Arial,
      sans-serif;
  }
  a {
    color: var(--accent);
  }
  header {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 14px 28px;
    background: var(--surface);
    border-bottom: 1px solid var(--line);
    color: var(--accent);
  }
  .brand {
    color: var(--text);
    font-weight: 700;
    font-size: 17px;
    text-decoration: none;
  }
  .badge {
    padding: 2px 10px;
    border-radius: 99px;
    background: var(--tint);
    font-size: 12px;
    font-weight: 600;
  }
  main {
    max-width: 1180px;
    margin: 0 auto;
    padding: 28px 28px 56px;
  }
  h1 {
    margin: 0;
    font-size: 24px;
    line-height: 1.3;
  }
  h2 {
    margin: 0 0 10px;
    font-size: 13px;
    color: var(--quiet);
  }
  p {
    margin: 0;
  }
  .quiet {
    color: var(--quiet);
  }
  .title {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    margin-bottom: 16px;
  }
  .card,
  .mails {
    margin: 0;
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: 12px;
  }
  .card {
    padding: 24px 28px;
  }
  .empty {
    padding: 64px 28px;
    text-align: center;
  }
  .empty h2 {
    font-size: 19px;
    color: var(--text);
  }
  .mails {
    padding: 0;
    list-style: none;
    overflow: hidden;
  }
  .mails li {
    display: flex;
    align-items: center;
    gap: 20px;
    padding-right: 24px;
  }
  .mails li + li {
    border-top: 1px solid var(--line);
  }
  .mails li:hover {
    background: var(--tint);
  }
  .mail {
    flex: 1;
    min-width: 0;
    padding: 15px 0 15px 24px;
    color: inherit;
    text-decoration: none;
  }
  .mail span {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .subject {
    font-weight: 600;
  }
  .aside {
    display: flex;
    align-items: center;
    gap: 20px;
    font-size: 14px;
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  .open {
    width: 92px;
    padding: 5px 0;
    border: 1px solid currentColor;
    border-radius: 8px;
    font-weight: 600;
    text-align: center;
    text-decoration: none;
  }
  .aside .quiet:last-child {
    margin-right: 112px;
  }
  .back {
    margin-bottom: 14px;
  }
  .back a {
    text-decoration: none;
  }
  dl {
    display: grid;
    grid-template-columns: 56px minmax(0, 1fr);
    gap: 6px 16px;
    margin: 16px 0 0;
  }
  dt {
    color: var(--quiet);
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .link {
    display: block;
  }
  .versions {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 24px;
    margin-top: 28px;
  }
  iframe,
  pre {
    width: 100%;
    height: 760px;
    margin: 0;
    border: 1px solid var(--line);
    border-radius: 12px;
    background: var(--surface);
  }
  pre {
    height: auto;
    padding: 20px 24px;
    font:
      13px/1.6 ui-monospace,
      SFMono-Regular,
      Menlo,
      Consolas,
      monospace;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  @media (min-width: 1040px) {
    .versions {
      grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
    }
  }
  @media (max-width: 640px) {
    header,
    main {
      padding-left: 16px;
      padding-right: 16px;
    }
    .aside .quiet {
      display: none;
    }
  }
</style>`;
