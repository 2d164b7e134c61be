-- expect 2: level is loud, allowed are "error", "warn", "info", "debug"
console{level = 'loud'}
