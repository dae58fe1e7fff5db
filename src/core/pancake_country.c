
/*
 * Copyright (C) pancake checkout contributors
 */


#include "pancake_country.h"


/* two letters a country, sorted, so that a code is found by bisection */

static const char  pancake_countries[] =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZ"
    "BABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ"
    "CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ"
    "DEDJDKDMDODZ"
    "ECEEEGEHERESET"
    "FIFJFKFMFOFR"
    "GAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGY"
    "HKHMHNHRHTHU"
    "IDIEILIMINIOIQIRISIT"
    "JEJMJOJP"
    "KEKGKHKIKMKNKPKRKWKYKZ"
    "LALBLCLILKLRLSLTLULVLY"
    "MAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZ"
    "NANCNENFNGNINLNONPNRNUNZ"
    "OM"
    "PAPEPFPGPHPKPLPMPNPRPSPTPWPY"
    "QA"
    "RERORSRURW"
    "SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZ"
    "TCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZ"
    "UAUGUMUSUYUZ"
    "VAVCVEVGVIVNVU"
    "WFWS"
    "YEYT"
    "ZAZMZW";

static const char  pancake_eu_members[] =
    "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEITLTLULVMTNLPLPTROSESISK";


static ngx_uint_t
pancake_country_listed(const char *list, size_t len, const ngx_str_t *code)
{
    int     rc;
    size_t  low, high, middle;

    if (code->len != 2) {
        return 0;
    }

    low = 0;
    high = len / 2;

    while (low < high) {
        middle = (low + high) / 2;

        rc = ngx_memcmp(code->data, list + 2 * middle, 2);

        if (rc == 0) {
            return 1;
        }

        if (rc < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return 0;
}


ngx_uint_t
pancake_country_known(const ngx_str_t *code)
{
    return pancake_country_listed(pancake_countries,
                                  sizeof(pancake_countries) - 1, code);
}


ngx_uint_t
pancake_country_in_eu(const ngx_str_t *code)
{
    return pancake_country_listed(pancake_eu_members,
                                  sizeof(pancake_eu_members) - 1, code);
}
