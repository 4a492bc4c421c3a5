export function findChromium(): string | undefined
export function findFirefox(): string | undefined
export function findWebKit(): { driver: string; browser: string } | undefined
export function ensureBrowsers(): void
