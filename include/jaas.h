/*
 * jaas: a login module's options in the form of Java's sasl.jaas.config,
 *
 *	org.apache...ScramLoginModule required username="a" password='b c';
 */
#ifndef JAAS_H
#define JAAS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The value of the option `key`, without quotes, into `out`. False if it is
 * not there or does not fit.
 */
bool jaas_option(const char *text, const char *key, char *out, size_t size);

#endif
