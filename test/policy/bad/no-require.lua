-- expect 2: the name 'require' is not known
require('os')
