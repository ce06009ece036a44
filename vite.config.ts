/** How the web pages are built: from src/web into dist/web, with a manifest from which the server writes preloads. */
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: at('./src/web'),
  cacheDir: at('./node_modules/.vite'),
  plugins: [react()],
  build: {
    outDir: at('./dist/web'),
    // A page that was opened before this build still asks for the chunks of the one it came from.
    emptyOutDir: false,
    manifest: true,
    target: 'es2022',
    // One style sheet for all pages: a second one that arrives late would move what is already drawn.
    cssCodeSplit: false,
    // The page's policy allows no inline data for scripts, and small files gain nothing from being inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: {
      '/api': { target: 'http://127.0.0.1:8080', ws: true },
      '/videos': 'http://127.0.0.1:8080',
      '/t/': 'http://127.0.0.1:8080',
    },
  },
})
