/// <reference types="vitest/config" />
import { defineConfig } from 'vite';

// `npm run dev` shows the pages with the figures of a running gateway: TRINE_ADMIN is its admin address.
const gateway = process.env.TRINE_ADMIN ?? 'http://127.0.0.1:8081';

export default defineConfig({
  build: {
    target: 'es2022',
    outDir: 'dist',
    assetsDir: 'assets',
    assetsInlineLimit: 0, // nothing inline: the pages' content security policy allows none
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { '/v1': gateway } },
  test: { include: ['test/**/*.test.ts'] },
});
