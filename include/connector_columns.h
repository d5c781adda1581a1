/*
 * connector_columns: a connector's options that carry parameters in their names.
 *
 *     column.truncate.to.N.chars           column.mask.hash.A.with.salt.S
 *     column.mask.with.N.chars             column.mask.hash.v2.A.with.salt.S
 */
#ifndef CONNECTOR_COLUMNS_H
#define CONNECTOR_COLUMNS_H

#include "buf.h"
#include "connector.h"
#include "settings.h"

/*
 * Takes them over into `to`. What cannot be taken over is a line in `differs`,
 * "name = value: why". 0, or -1 without memory.
 */
int connector_columns(struct connector *from, struct config *to, struct buf *differs);

#endif
